import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { allowed } from '../support/allowed.js';
import { eventually } from '../../demo/expect.js';
import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';
import { startGitHub } from '../../demo/github/start-github.js';
import { createReviewer, type Reviewer } from '../../demo/reviewer.js';
import { visit } from '../../demo/visit.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../src/domain/lifecycle.js';
import { runPreview } from '../support/run-preview.js';
import { startCrashingApp, type AppProcess, type CrashPoint } from '../support/start-crashing-app.js';
import { AUTHOR, environmentFor, REPOSITORY } from '../support/start-world.js';
import { sideBySide } from '../support/side-by-side.js';
import { testDatabase } from '../support/test-database.js';

/** The first test of a kind waits for all of them. */
const ALL_OF_THEM_MS = 300_000;
const FILES = { 'index.html': '<h1>It survived</h1>\n', 'a.css': 'a{}\n' };

/** The letters of the crash points are those of the design. */
const AT_THE_WEBHOOK: readonly (readonly [string, CrashPoint])[] = [
  ['C1 before the webhook is stored', { port: 'inbox', method: 'store', when: 'before' }],
  ['C2 after it was stored, before it is acknowledged', { port: 'inbox', method: 'store', when: 'after' }],
  ['C3 before the stored webhook is taken up', { port: 'users', method: 'saveFromGitHub', when: 'before' }],
  ['C4 after it was taken up', { port: 'inbox', method: 'claim', when: 'after' }],
  ['C5 after the environment was made', { port: 'environments', method: 'ensure', when: 'after' }],
  [
    'C5 after the environment was decided on',
    { port: 'environments', method: 'change', when: 'after', sets: 'head' },
  ],
  ['C6 after the deployment was made', { port: 'deployments', method: 'ensure', when: 'after' }],
  ['C7 before the report is taken up', { port: 'environments', method: 'saveReported', when: 'before' }],
  ['C8 before the answer about the check is read', { port: 'reporter', method: 'check', when: 'after' }],
  [
    'C9 after the comment was made, before its id is stored',
    { port: 'reporter', method: 'comment', when: 'after' },
  ],
];

const AT_THE_UPLOAD: readonly (readonly [string, CrashPoint])[] = [
  ['C10 in the middle of the upload', { port: 'blobs', method: 'write', when: 'before' }],
  [
    'C11 after a file was written, before it has its name',
    { port: 'blobs', method: 'write', when: 'inside' },
  ],
  ['C11 after a file has its name', { port: 'blobs', method: 'write', when: 'after' }],
  [
    'C12 after the upload is whole, before it is known',
    { port: 'artifacts', method: 'save', when: 'after', sets: 'complete' },
  ],
  [
    'C12 before the preview goes live',
    { port: 'environments', method: 'change', when: 'before', sets: 'current' },
  ],
  [
    'C12 after the preview went live',
    { port: 'environments', method: 'change', when: 'after', sets: 'current' },
  ],
];

interface Scene {
  readonly github: EmulatedGitHub;
  readonly reviewer: Reviewer;
  readonly app: AppProcess;
  /** Starts the server again on the same data, as a supervisor would. */
  restart(): Promise<AppProcess>;
}

async function withCrash(point: CrashPoint, play: (scene: Scene) => Promise<void>): Promise<void> {
  const database = testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-crash-'));
  const github = await startGitHub({
    users: [AUTHOR],
    repositories: [{ fullName: REPOSITORY, files: FILES }],
  });
  const env = environmentFor({ github, dataDir, mongodbUri: database.uri, port: await freePort() });
  const app = await startCrashingApp(env, point);
  github.webhooks.sendTo(`${app.url}/api/github/webhooks`);
  const reviewer = createReviewer({ github, repository: REPOSITORY, login: AUTHOR });
  let current = app;
  const restart = async () => {
    if ((await app.ended) !== 'SIGKILL') throw new Error('The server should have been killed.');
    return (current = await startCrashingApp(env, null));
  };
  try {
    await play({ github, reviewer, app, restart });
    expect(github.violations).toEqual([]);
  } finally {
    current.kill('SIGKILL');
    await current.ended;
    await github.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const atTheWebhook = sideBySide(
  AT_THE_WEBHOOK.map(([, point]) => point),
  async (point) => {
    await withCrash(point, async ({ github, reviewer, restart }) => {
      const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head: 'sturdy' });
      await restart();
      await github.webhooks.settled();
      await redeliverWhatWasNotAcknowledged(github);
      await eventually(() => reviewer.comments(pullRequest.number), {
        until: (comments) => comments.length > 0,
        otherwise: 'There should be a comment.',
        deadlineMs: allowed(30_000),
      });
      const checks = await eventually(() => reviewer.checks(pullRequest.head.sha), {
        until: (found) => found.length > 0,
        otherwise: 'There should be a check.',
        deadlineMs: allowed(30_000),
      });
      expect(checks).toHaveLength(1);
      expect(await reviewer.comments(pullRequest.number)).toHaveLength(1);
    });
  },
);

test.each(AT_THE_WEBHOOK)(
  'killed at %s: after a restart there is one check and one comment',
  (_at, point) => atTheWebhook(point),
  allowed(ALL_OF_THEM_MS),
);

/** GitHub shows it as failed, and somebody, or the App itself, has it sent again. */
async function redeliverWhatWasNotAcknowledged({ webhooks }: EmulatedGitHub): Promise<void> {
  for (const { id, status } of [...webhooks.attempts]) if (status !== 202) await webhooks.redeliver(id);
}

const atTheUpload = sideBySide(
  AT_THE_UPLOAD.map(([, point]) => point),
  async (point) => {
    await withCrash(point, async ({ github, reviewer, app, restart }) => {
      const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head: 'sturdy' });
      const { number, head } = pullRequest;
      const again = restart();
      const result = await runPreview({ github, app }, { number, serverUrl: app.url });
      await again;
      expect(result.exitCode).toBe(0);
      const url = result.outputs['preview-url'] ?? '';
      expect((await visit(url)).body).toContain('It survived');
      const checks = await eventually(() => reviewer.checks(head.sha), {
        until: ([check]) => check?.conclusion === CONCLUSION.success,
        otherwise: 'The check should be green.',
        deadlineMs: allowed(30_000),
      });
      expect(checks).toHaveLength(1);
      const shown = await eventually(() => reviewer.deployments(), {
        until: ([first]) => first?.state === DEPLOYMENT_STATE.success,
        otherwise: 'The deployment should be successful.',
        deadlineMs: allowed(30_000),
      });
      expect(shown).toHaveLength(1);
      expect(await reviewer.comments(number)).toHaveLength(1);
    });
  },
);

test.each(AT_THE_UPLOAD)(
  'killed at %s: the run goes on after a restart, and nothing is doubled',
  (_at, point) => atTheUpload(point),
  allowed(ALL_OF_THEM_MS),
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
