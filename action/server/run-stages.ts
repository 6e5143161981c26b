import type { Client } from '../../src/contract/client.js';
import { VitrineError } from '../../src/shared/errors.js';
import { deploy } from '../../src/uploads/client/send.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { build } from '../stages/build.js';
import { copy } from '../stages/copy.js';
import { folderInside } from '../stages/folder-inside.js';
import { install } from '../stages/install.js';
import { SKIPPED, type Job } from '../stages/job.js';
import type { Journal } from '../stages/journal.js';
import { verify } from '../stages/verify.js';
import type { Progress } from './progress.js';
import { runStage, type StageRunner } from './run-stage.js';
import type { Started } from './started.js';

export interface StagesInput {
  readonly world: World;
  readonly inputs: Inputs;
  readonly answer: Started;
  readonly client: Client;
  readonly journal: Journal;
  readonly redact: (text: string) => string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly job: Job;
}

/** The stages in their order. What an earlier step has done already is skipped. */
export async function runStages(input: StagesInput): Promise<void> {
  refuseOtherTarget(input);
  const { inputs } = input;
  if (inputs.url !== null) return verifyAt(input, inputs.url);
  const job = { ...input.job, directory: await workingDirectory(input.job) };
  const skip = async (): Promise<typeof SKIPPED> => SKIPPED;
  await runStage(input, { name: 'installing', work: () => (inputs.prebuilt ? skip() : install(job)) });
  const building = { name: 'building', work: () => (inputs.prebuilt ? skip() : build(job)) } as const;
  const built = (await runStage(input, building)) !== SKIPPED;
  const artifact = await runStage(input, { name: 'copying', work: () => copy(job, { built }) });
  const { client, answer } = input;
  const commitUrl = await runStage(input, {
    name: 'deploying',
    work: () => deploy({ client, id: answer.deployment.id, artifact, log: job.log }),
  });
  await verifyAt(input, commitUrl);
}

/** Nothing is live before somebody has seen it: the upload at the address of its commit, what an earlier step deployed at its own. */
async function verifyAt(input: StagesInput, url: string): Promise<void> {
  const { world, inputs, answer, job, signal } = input;
  const path = inputs.healthPath ?? answer.plan.healthPath;
  await runStage(input satisfies StageRunner, {
    name: 'verifying',
    work: () => verify(world, { url, path, budgetMs: inputs.waitTimeoutMs, log: job.log, signal }),
  });
}

function workingDirectory({ workspace, directory }: Job): Promise<string> {
  return folderInside({
    workspace,
    path: directory,
    what: 'The working directory',
    remedy: 'check out the code first (actions/checkout), or correct "working-directory".',
  });
}

function refuseOtherTarget({ inputs, answer }: StagesInput): void {
  if (inputs.target === null || inputs.target === answer.plan.target) return;
  throw new VitrineError(
    'bad_request',
    `The input "target" is ${JSON.stringify(inputs.target)}, but the server deploys this project to "${answer.plan.target}". ` +
      'Remove the input, or change "target" in .github/preview.yml on the default branch.',
  );
}
