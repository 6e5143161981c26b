import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { visit } from '../../../demo/visit.js';
import { CHECK, CONCLUSION } from '../../../src/shared/status/github.js';
import { ROOT } from '../../support/architecture/read-sources.js';
import { runPreview } from '../../support/run-preview.js';
import { startApp } from '../../support/start-app.js';
import { REPOSITORY, startWorld, type World } from '../../support/start-world.js';

const program = join(ROOT, 'build/app/worker.js');
const lease = { leaseMs: 2_000, firstSweepMs: 60 * 60_000 };

function startWithWorker(): Promise<World> {
  return startWorld({
    files: { 'index.html': '<h1>Hello</h1>\n' },
    overrides: { workerProgram: program, ...lease },
    logLevel: 'info',
  });
}

/** The process ids of the workers so far, the newest last. */
function workersOf({ logLines }: World): number[] {
  return logLines.flatMap((line) => {
    const pid = /the worker process works pid=(\d+)/.exec(line)?.[1];
    return pid === undefined ? [] : [Number(pid)];
  });
}

function newestWorker(world: World): number {
  const pid = workersOf(world).at(-1);
  if (pid === undefined) throw new Error('The log names no worker process.');
  return pid;
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

async function open({ github }: World, head: string): Promise<{ number: number; sha: string }> {
  const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head });
  return { number: pullRequest.number, sha: pullRequest.head.sha };
}

test('a worker process acts on webhooks, visitors of the server see at once what it changed, and it ends with its server', async () => {
  const world = await startWithWorker();
  const worker = newestWorker(world);
  await playPullRequest(world);
  expect(isAlive(worker)).toBe(true);
  await world[Symbol.asyncDispose]();
  expect(isAlive(worker)).toBe(false);
  expect(workersOf(world)).toEqual([worker]);
});

async function playPullRequest(world: World): Promise<void> {
  // It warmed up, and GitHub heard nothing of that.
  expect(world.logLines.join()).not.toContain('starts cold');
  expect(world.github.requests()).toEqual([]);
  const { number, sha } = await open(world, 'acted-on');
  await world.drain();
  expect((await world.reviewer.checks(sha)).map(({ status }) => status)).toEqual([CHECK.queued]);
  const [environment] = await world.app.ports.environments.ofPullRequest(world.repoId(), number);
  const url = environment?.url ?? '';
  expect((await visit(url)).status).toBe(503);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  expect((await visit(url)).body).toContain('Hello');
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect((await visit(url)).status).toBe(410);
  await eventually(() => world.reviewer.checks(sha), {
    until: (checks) => checks.every(({ status }) => status === CHECK.completed),
    otherwise: 'Every check should be completed.',
  });
}

test('when the worker process dies, webhooks are still taken, and another process goes on with its work', async () => {
  await using world = await startWithWorker();
  const first = newestWorker(world);
  process.kill(first, 'SIGKILL');
  const { number, sha } = await open(world, 'after-a-crash');
  await world.github.webhooks.settled();
  await eventually(() => world.reviewer.checks(sha), {
    until: (checks) => checks.length === 1,
    otherwise: 'The next worker process should report the pull request.',
  });
  expect(workersOf(world).at(-1)).not.toBe(first);
  expect(world.logLines.join('\n')).toMatch(
    /the worker process is started again why="it ended with SIGKILL"/,
  );
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect((await world.reviewer.checks(sha)).map(({ conclusion }) => conclusion)).toEqual([
    CONCLUSION.success,
  ]);
});

test('a server whose worker program cannot be started says so and does not start', async () => {
  const nothing = join(ROOT, 'build/app/nothing.js');
  await expect(startApp({ workerProgram: nothing })).rejects.toThrow(
    /worker process.*ended with code 1 before it worked/,
  );
});
