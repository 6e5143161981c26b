import { expect } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { expectConverged } from '../../support/expect-converged.js';
import type { CrashPoint } from '../../support/start-crashing-app.js';
import { REPOSITORY } from '../../support/start-world.js';
import { withCrash, type CrashScene } from '../../support/with-crash.js';

const FILES = { 'index.html': '<h1>It survived</h1>\n' };
/** GitHub heard nothing. */
const NO_ANSWER = 0;
const STORED = 202;

export interface Crash {
  /** Absent where GitHub has done what was asked and its answer is on the way: then the server is killed from outside. */
  readonly at?: CrashPoint;
  readonly unread?: RegExp;
  /** What GitHub heard about the webhook before the crash. */
  readonly answer: number;
  /** A webhook that was never stored is found by the sweep; all others by what is stored, and no sweep comes to help. */
  readonly healedBy?: 'sweep';
}

/** The letters of the crash points are those of the design. */
export const CRASHES_AT_THE_WEBHOOK: readonly (readonly [string, Crash])[] = [
  [
    'C1 before the webhook is stored',
    { at: { port: 'inbox', method: 'store', when: 'before' }, answer: NO_ANSWER, healedBy: 'sweep' },
  ],
  [
    'C2 after it was stored, before it is acknowledged',
    { at: { port: 'inbox', method: 'store', when: 'after' }, answer: NO_ANSWER },
  ],
  [
    'C3 after it was acknowledged, before it is taken up',
    { at: { port: 'inbox', method: 'claim', when: 'before' }, answer: STORED },
  ],
  ['C4 after it was taken up', { at: { port: 'inbox', method: 'claim', when: 'after' }, answer: STORED }],
  [
    'C4 in the middle of the work on it',
    { at: { port: 'users', method: 'saveFromGitHub', when: 'before' }, answer: STORED },
  ],
  [
    'C5 before the environment is made',
    { at: { port: 'environments', method: 'ensure', when: 'before' }, answer: STORED },
  ],
  [
    'C5 after the environment was made and decided on',
    { at: { port: 'environments', method: 'ensure', when: 'after', sets: 'head' }, answer: STORED },
  ],
  [
    'C6 after the deployment was made',
    { at: { port: 'deployments', method: 'ensure', when: 'after' }, answer: STORED },
  ],
  [
    'C7 before it is written down that GitHub will be told',
    { at: { port: 'environments', method: 'saveReported', when: 'before' }, answer: STORED },
  ],
  ['C8 before the answer about the check is read', { unread: /\/check-runs$/, answer: STORED }],
  ['C8 before the answer about the comment is read', { unread: /\/comments$/, answer: STORED }],
  [
    'C9 after the check was made, before its id is stored',
    { at: { port: 'reporter', method: 'check', when: 'after' }, answer: STORED },
  ],
  [
    'C9 after the comment was made, before its id is stored',
    { at: { port: 'reporter', method: 'comment', when: 'after' }, answer: STORED },
  ],
];

/** The server is killed there, started again, and left alone: there must be one deployment, one check and one comment. */
export async function playCrash({ at, unread, answer, healedBy }: Crash): Promise<void> {
  const point = at ? { ...at, event: 'pull_request' } : null;
  await withCrash({ point, files: FILES }, async (scene) => {
    const { github, app, repoId } = scene;
    await tellOfTheInstallation(scene);
    if (unread) github.fail({ kind: 'apply-then-hang', method: 'POST', path: unread });
    const { pullRequest, delivery } = await github.openPullRequest({
      repository: REPOSITORY,
      head: 'sturdy',
    });
    const { number, head } = pullRequest;
    if (unread) await killUnanswered(scene, { number, sha: head.sha });
    await scene.restart(healedBy === 'sweep' ? { sweepEveryMs: 500 } : {});
    await github.webhooks.settled();
    const attempts = github.webhooks.attempts.filter((attempt) => attempt.delivery === delivery);
    expect(attempts.map(({ status }) => status)).toEqual([answer]);
    await eventually(() => app.ports.environments.ofPullRequest(repoId(), number), {
      until: (environments) => environments.length > 0,
      otherwise: 'The pull request should be known.',
    });
    await scene.quiet();
    await expectOnce(scene, { number, sha: head.sha });
  });
}

interface Opened {
  readonly number: number;
  readonly sha: string;
}

/** Long before: a sweep looks at the repositories that it knows. */
async function tellOfTheInstallation({ github, quiet }: CrashScene): Promise<void> {
  github.changeInstallation({ account: 'acme', action: 'created' });
  await github.webhooks.settled();
  await quiet();
}

/** GitHub has made it, and the server waits for an answer that never comes. */
async function killUnanswered({ reviewer, server }: CrashScene, { number, sha }: Opened): Promise<void> {
  const look = async () => [(await reviewer.checks(sha)).length, (await reviewer.comments(number)).length];
  await eventually(look, {
    until: ([checks, comments]) => checks === 1 && comments === 1,
    otherwise: 'The check and the comment should have been made.',
  });
  server.kill('SIGKILL');
}

async function expectOnce(scene: CrashScene, { number, sha }: Opened): Promise<void> {
  const { deployments } = await expectConverged(scene, number);
  expect(deployments.map((deployment) => deployment.sha)).toEqual([sha]);
  expect(await scene.reviewer.checks(sha)).toHaveLength(1);
  expect(await scene.reviewer.comments(number)).toHaveLength(1);
}
