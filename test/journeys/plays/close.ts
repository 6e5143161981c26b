import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { hashToken } from '../../../src/people/api-token.js';
import type { Stores } from '../../../app/ports.js';
import { eventually } from '../../../demo/expect.js';
import { visit } from '../../../demo/visit.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import { DEPLOYMENT } from '../../../src/shared/status/deployment.js';
import { DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import type { BlobStore } from '../../../src/uploads/store.js';
import { aroundCalls, type Interruption } from '../../support/around-calls.js';
import { expectConverged, type Converged } from '../../support/expect-converged.js';
import { filesIn } from '../../support/files-in.js';
import { runPreview } from '../../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../../support/start-world.js';

const sets = (key: string) => (args: readonly unknown[]) => {
  const patch = args.find((arg) => typeof arg === 'object' && arg !== null && 'patch' in arg);
  const written = ((patch as { patch: object } | undefined)?.patch ?? args[1] ?? {}) as Record<
    string,
    unknown
  >;
  return written[key] !== undefined && written[key] !== null;
};
const partial = ([artifact]: readonly unknown[]) => (artifact as { complete?: boolean }).complete === false;

export const CLOSE_POINTS: readonly (readonly [string, Interruption])[] = [
  [
    'before the run takes the deployment on',
    { port: 'deployments', method: 'change', when: 'before', fits: sets('run') },
  ],
  ['after the run took it on', { port: 'deployments', method: 'change', when: 'after', fits: sets('run') }],
  ['before the run gets its token', { port: 'tokens', method: 'issue', when: 'before' }],
  ['while the build writes its log', { port: 'logs', method: 'append', when: 'before' }],
  ['when the names of the files arrive', { port: 'artifacts', method: 'findByRoot', when: 'before' }],
  [
    'before the upload is written down',
    { port: 'environments', method: 'change', when: 'before', fits: sets('resources') },
  ],
  [
    'after the upload was written down',
    { port: 'environments', method: 'change', when: 'after', fits: sets('resources') },
  ],
  ['before the names are kept', { port: 'artifacts', method: 'save', when: 'before', fits: partial }],
  ['before the first file is written', { port: 'blobs', method: 'write', when: 'before' }],
  ['after the first file was written', { port: 'blobs', method: 'write', when: 'after' }],
  ['before it is written down what arrived', { port: 'artifacts', method: 'replaceOwed', when: 'before' }],
  ['before the upload is declared whole', { port: 'artifacts', method: 'complete', when: 'before' }],
  ['after the upload was declared whole', { port: 'artifacts', method: 'complete', when: 'after' }],
  [
    'before the preview goes live',
    { port: 'environments', method: 'change', when: 'before', fits: sets('current') },
  ],
  [
    'after the preview went live',
    { port: 'environments', method: 'change', when: 'after', fits: sets('current') },
  ],
];

const Refusal = z.object({ error: z.object({ code: z.string() }) });
const FILES = { 'index.html': '<h1>Hello</h1>\n', 'a.css': 'a{}\n', 'logo.png': 'not really\n' };

/** The pull request is closed there, while a run deploys: nothing may be left of it. */
export async function playClose(interruption: Interruption): Promise<void> {
  let close: () => Promise<void> = async () => undefined;
  const act = () => close();
  const into = <Part extends object>(part: Part) => aroundCalls(part, { interruption, act });
  const around =
    interruption.port === 'blobs'
      ? { blobs: (blobs: BlobStore) => into(blobs) }
      : {
          stores: (stores: Stores) => ({
            ...stores,
            [interruption.port]: into(stores[interruption.port as keyof Stores]),
          }),
        };
  await using world = await startWorld({ files: FILES, overrides: { around } });
  const { number } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'brief' }))
    .pullRequest;
  await world.drain();
  let closed = false;
  close = async () => {
    closed = true;
    world.github.closePullRequest({ repository: REPOSITORY, number });
    await world.drain();
  };
  const result = await runPreview(world, { number });
  await world.drain();
  expect(closed).toBe(true);
  const { deployments } = await expectNothingLeft(world, number);
  expect(result).toMatchObject({
    exitCode: 0,
    outputs: { status: DEPLOYMENT_STATUS.superseded, live: 'false' },
  });
  for (const deployment of deployments) {
    expect(await finishLate(world, deployment)).toEqual({ status: 410, code: 'environment_gone' });
  }
  await world.drain();
  await expectNothingLeft(world, number);
}

/** As a run would whose last word was under way when the pull request was closed. */
async function finishLate({ app }: World, { id, repoId, generation }: StoredDeployment) {
  const token = `vtr_${randomUUID()}`;
  const scope = { kind: 'run', deploymentId: id, repoId } as const;
  await app.ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
  const answer = await fetch(`${app.url}/api/v1/deployments/${id}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      generation,
      outcome: { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] },
    }),
  });
  const { error } = Refusal.parse(await answer.json());
  return { status: answer.status, code: error.code };
}

async function expectNothingLeft(world: World, number: number): Promise<Converged> {
  const converged = await expectConverged(world, number);
  const { environment, deployments } = converged;
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(environment.resources).toEqual([]);
  expect(deployments.every(({ status }) => DEPLOYMENT[status].settled)).toBe(true);
  expect((await visit(environment.url)).status).toBe(410);
  // The Action may have gone away while the server still reads what it sent.
  await eventually(() => leftovers(world), {
    until: (left) => left.length === 0,
    otherwise: 'Nothing of a closed pull request should be on disk.',
  });
  const shown = await world.reviewer.deployments();
  expect(shown.every(({ state }) => state === DEPLOYMENT_STATE.inactive)).toBe(true);
  return converged;
}

async function leftovers(world: World): Promise<string[]> {
  const roots: string[] = [];
  for await (const { root } of world.app.ports.artifacts.list()) roots.push(root);
  return [...roots, ...filesIn(join(world.dataDir, 'blobs'))];
}
