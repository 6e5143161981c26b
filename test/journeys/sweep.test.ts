import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { envToConfig } from '../../app/config/config.js';
import { envToSecrets } from '../../app/config/secrets.js';
import { createApp } from '../../app/create-app.js';
import { eventually } from '../../demo/expect.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { expectConverged } from '../support/expect-converged.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { startTestGitHub } from '../support/start-test-github.js';
import { AUTHOR, environmentFor, REPOSITORY, startWorld, type World } from '../support/start-world.js';
import { migratedDatabase } from '../support/test-database.js';

const at = (number: number) => ({ repository: REPOSITORY, number });

async function open(world: World, head: string, options: object = {}) {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head, ...options });
  return { number: pullRequest.number, sha: pullRequest.head.sha };
}

async function sweepAndSettle(world: World) {
  const swept = await sweep(world.app.ports);
  await world.drain();
  return swept;
}

/** The App knows its repository; from here on GitHub's webhooks reach nobody. */
async function deafWorld(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld(options);
  await open(world, 'known');
  await world.drain();
  world.github.webhooks.hold();
  return world;
}

test('pull requests whose webhooks were lost are found by the sweep: opened ones and closed ones', async () => {
  await using world = await deafWorld();
  const missed = await open(world, 'missed');
  world.github.closePullRequest(at(1));
  await sweepAndSettle(world);
  expect((await lookAt(world, 1)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect((await lookAt(world, missed.number)).environment.head?.sha).toBe(missed.sha);
  expect(await world.reviewer.comments(missed.number)).toHaveLength(1);
});

test('without a single webhook a pull request goes from opened to live, updated, closed and reopened', async () => {
  await using world = await deafWorld();
  const { number } = await open(world, 'deaf');
  await sweepAndSettle(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);

  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'deaf' });
  await sweepAndSettle(world);
  expect((await expectConverged(world, number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
    DEPLOYMENT_STATUS.success,
  ]);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBeNull();

  world.github.closePullRequest(at(number));
  await sweepAndSettle(world);
  expect((await expectConverged(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);

  world.github.reopenPullRequest(at(number));
  await sweepAndSettle(world);
  expect((await expectConverged(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(world.github.violations).toEqual([]);
});

test('a change that moves no commit is found as well: ready for review, and a label that forbids the preview', async () => {
  await using world = await deafWorld();
  const { number, sha } = await open(world, 'draft', { draft: true });
  await sweepAndSettle(world);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.neutral);
  world.github.markReadyForReview(at(number));
  await sweepAndSettle(world);
  expect((await lookAt(world, number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
  world.github.labelPullRequest({ ...at(number), label: 'preview:skip' });
  await sweepAndSettle(world);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  world.github.unlabelPullRequest({ ...at(number), label: 'preview:skip' });
  await sweepAndSettle(world);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
});

test('a sweep that finds nothing new asks GitHub for one list and the policy, and writes nothing', async () => {
  await using world = await deafWorld();
  await sweepAndSettle(world);
  world.github.forgetRequests();
  const { environment } = await lookAt(world, 1);
  expect(await sweepAndSettle(world)).toMatchObject({ healed: 0, expired: 0, leaked: 0 });
  const asked = world.github.requests().map(({ method, path }) => `${method} ${path}`);
  expect(asked.sort()).toEqual([
    'GET /repos/acme/hello/contents/.github/preview.yml',
    expect.stringMatching(/^GET \/repositories\/\d+\/pulls$|^GET \/repos\/acme\/hello\/pulls$/),
  ]);
  expect((await lookAt(world, 1)).environment.version).toBe(environment.version);
});

test('one pull request that cannot be looked at does not keep the others from being healed', async () => {
  await using world = await deafWorld();
  world.github.closePullRequest(at(1));
  const second = await open(world, 'second');
  world.github.fail({ kind: 'status', method: 'GET', path: /\/pulls\/1$/, status: 500, times: 99 });
  await sweepAndSettle(world);
  expect((await lookAt(world, second.number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect((await lookAt(world, 1)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  world.github.stopFailing();
  await sweepAndSettle(world);
  expect((await lookAt(world, 1)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('a tear-down that nobody is charged with any more is taken up again', async () => {
  await using world = await startWorld();
  const { number } = await open(world, 'lost');
  await world.drain();
  const { environment } = await lookAt(world, number);
  const patch = { status: ENVIRONMENT_STATUS.destroying, generation: environment.generation + 1 };
  await world.app.ports.environments.change(environment, { patch, due: [] });
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroying);
  await sweepAndSettle(world);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('a server that was away while a pull request opened finds it soon after its start', async () => {
  const database = migratedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-restart-'));
  const files = { 'index.html': '<h1>Hello</h1>\n' };
  const github = await startTestGitHub({ users: [AUTHOR], repositories: [{ fullName: REPOSITORY, files }] });
  const env = environmentFor({ github, dataDir, mongodbUri: database.uri });
  const start = (firstSweepMs: number) =>
    createApp(envToConfig(env), envToSecrets(env), { write: () => undefined, firstSweepMs });
  const before = await start(60 * 60_000);
  github.webhooks.sendTo(`http://localhost:${before.port}/api/github/webhooks`);
  await github.openPullRequest({ repository: REPOSITORY, head: 'known' });
  await github.webhooks.settled();
  await before.drain();
  await before.close();
  github.webhooks.hold();
  const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head: 'missed' });

  const after = await start(1);
  const repoId = [...github.state.repositories.values()][0]?.document.id ?? 0;
  await eventually(() => after.ports.environments.ofPullRequest(repoId, pullRequest.number), {
    until: ([environment]) => environment?.head?.sha === pullRequest.head.sha,
    otherwise: 'The sweep after the start should have found the pull request.',
  });
  await after.close();
  await github.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});
