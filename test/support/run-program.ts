import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckout } from '../../demo/runner/write-checkout.js';
import { visit } from '../../demo/visit.js';
import type { Client } from '../../src/contract/client.js';
import { startProgram } from '../../src/contract/programs.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { hashDirectory } from '../../src/uploads/client/directory.js';
import { deploy } from '../../src/uploads/client/send.js';
import { apiClient } from './api-client.js';
import { lookAt } from './look-at.js';
import { begin, end } from './run-by-hand.js';
import type { PreviewRun } from './run-preview.js';
import { REPOSITORY, type World } from './start-world.js';

let runs = 0;

/** What a workflow run does for a program: it uploads the build, asks for the start until that is done, and visits the page. */
export async function runProgram(
  world: World,
  { number, inputs = {} }: PreviewRun,
): Promise<{ readonly exitCode: number; readonly log: string }> {
  const log: string[] = [];
  runs += 1;
  const sha = (await lookAt(world, number)).environment.head?.sha ?? '';
  const begun = await begin(world, { number, sha, runId: String(7_000 + runs) });
  const client = apiClient(world.app, begun.token);
  const { id } = begun.deployment;
  const fail = async (error: string) => {
    await end(world, begun, { status: DEPLOYMENT_STATUS.failed, error });
    return { exitCode: 1, log: [...log, error].join('\n') };
  };
  if (inputs['build-command'] !== undefined) return fail('The build failed.');
  await upload(world, { number, client, id });
  const problem = await started(client, { id, log });
  if (problem !== null) return fail(problem);
  await end(world, begun, { status: DEPLOYMENT_STATUS.success });
  return { exitCode: 0, log: log.join('\n') };
}

interface Upload {
  readonly number: number;
  readonly client: Client;
  readonly id: string;
}

async function upload({ github }: World, { number, client, id }: Upload): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'vitrine-run-'));
  try {
    await writeCheckout(github.filesAt(REPOSITORY, `refs/pull/${String(number)}/head`), directory);
    const { files } = await hashDirectory(directory);
    await deploy({ client, id, artifact: { directory, files }, log: () => undefined });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Why it did not start; null when it did, and its page was seen. */
async function started(
  client: Client,
  { id, log }: { readonly id: string; readonly log: string[] },
): Promise<string | null> {
  for (let seen = 0; ;) {
    const answer = await client(startProgram, { params: { id }, body: { seen } });
    log.push(...answer.lines);
    seen = answer.seen;
    if (answer.problem !== null) return answer.problem;
    if (!answer.started) continue;
    const { status } = await visit(answer.commitUrl ?? '');
    return status < 400 ? null : `The page answered ${String(status)}.`;
  }
}
