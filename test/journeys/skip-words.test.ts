import { expect, test } from '@jest/globals';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import type { Stores } from '../../app/ports.js';
import { observePush } from '../../src/observations/push.js';
import type { ReachableRepository } from '../../src/repositories/model.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { startByHand } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const NO_WORDS = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': 'triggers:\n  skip-words: []\n' };
const MESSAGES = /\/git\/commits\//;

const asked = (world: World) => world.github.requests({ method: 'GET', path: MESSAGES }).length;

test('a push whose message holds a skip word is skipped, and GitHub is not asked for its message', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number } = await openPullRequest(world);
  world.github.forgetRequests();
  const message = 'Words only [skip preview]';
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change', message });
  await world.drain();
  const skipped = await lookAt(world, number);
  expect(skipped.environment).toMatchObject({
    decision: { action: 'skip', rule: 'skip-word-commit' },
    pullRequest: { commitMessage: expect.stringContaining(message) },
  });
  // One more when the pull request's event was handled before the push.
  expect(new Set(skipped.deployments.map(({ status }) => status))).toEqual(
    new Set([DEPLOYMENT_STATUS.superseded]),
  );
  expect((await world.reviewer.checks(sha))[0]?.output.summary).toMatch(/skip preview/);
  expect(asked(world)).toBe(0);
  world.github.editPullRequest({ repository: REPOSITORY, number, title: 'Another title' });
  await world.drain();
  expect((await lookAt(world, number)).environment.decision?.rule).toBe('skip-word-commit');
  expect(asked(world)).toBe(0);
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect((await lookAt(world, number)).environment.decision?.rule).toBe('new-commit');
});

test.each([
  ['before', (all: readonly Delivery[]) => all],
  ['after', (all: readonly Delivery[]) => [...all].reverse()],
])(
  'a push that is heard of %s the event of its pull request tells that it is skipped',
  async (_when, order) => {
    await using world = await startWorld({ github: { clock: secondsApart() } });
    const { number } = await openPullRequest(world);
    world.github.webhooks.hold();
    const message = 'Words only [skip preview]';
    const pushed = await world.github.push({ repository: REPOSITORY, branch: 'change', message });
    for (const delivery of order([pushed.push, ...pushed.pullRequests.map((one) => one.delivery)])) {
      await world.github.webhooks.send(delivery);
      await world.app.drain();
    }
    const { environment, deployments } = await lookAt(world, number);
    expect(environment.decision?.rule).toBe('skip-word-commit');
    expect(deployments.map(({ status }) => status)).toEqual(
      expect.arrayContaining([DEPLOYMENT_STATUS.superseded]),
    );
    expect(deployments.map(({ status }) => status)).not.toContain(DEPLOYMENT_STATUS.queued);
    expect(asked(world)).toBe(0);
  },
);

test('a push that is heard of while the event of its pull request is handled tells that it is skipped', async () => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const stores = (all: Stores): Stores => ({
    ...all,
    environments: {
      ...all.environments,
      async change(seen, write) {
        const work = write.patch.head && meanwhile;
        if (work) meanwhile = undefined;
        await work?.();
        return all.environments.change(seen, write);
      },
    },
  });
  const around = { stores };
  await using world = await startWorld({ github: { clock: secondsApart() }, overrides: { around } });
  const { number } = await openPullRequest(world);
  world.github.webhooks.hold();
  const message = 'Words only [skip preview]';
  const pushed = await world.github.push({ repository: REPOSITORY, branch: 'change', message });
  const { repoId } = (await lookAt(world, number)).environment;
  const repo = (await world.app.ports.repos.get(repoId)) as ReachableRepository;
  const push = { repo, branch: 'change', before: '0'.repeat(40), after: pushed.sha, message };
  meanwhile = () => observePush(world.app.ports, push);
  for (const { delivery } of pushed.pullRequests) await world.github.webhooks.send(delivery);
  await world.app.drain();
  expect(meanwhile).toBeUndefined();
  expect((await lookAt(world, number)).environment.decision?.rule).toBe('skip-word-commit');
});

test('a run reads the message of a push that was not heard of, and does not build it', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const title = 'Words only [preview skip]';
  const files = { 'a.txt': 'a' };
  const { number, sha } = await openPullRequest(world, { title, files });
  world.github.editPullRequest({ repository: REPOSITORY, number, title: 'Words only' });
  await world.drain();
  expect((await lookAt(world, number)).environment.decision?.action).toBe('deploy');
  expect(await startByHand(world, { number, sha })).toMatchObject({
    proceed: false,
    decision: { action: 'skip', rule: 'skip-word-commit' },
  });
  await world.drain();
  expect((await world.reviewer.checks(sha)).at(-1)?.output.summary).toMatch(/preview skip/);
  expect(asked(world)).toBe(1);
});

test('where there are no skip words, messages are read no longer', async () => {
  await using world = await startWorld({ files: NO_WORDS, github: { clock: secondsApart() } });
  const { number } = await openPullRequest(world);
  world.github.forgetRequests();
  const message = 'Words only [skip preview]';
  await world.github.push({ repository: REPOSITORY, branch: 'change', message });
  await world.drain();
  expect((await lookAt(world, number)).environment.decision?.rule).toBe('new-commit');
  expect(asked(world)).toBe(0);
});

test('before the first pull request tells the name of the default branch, policy is that of the branch GitHub calls so', async () => {
  const files = { '.github/preview.yml': 'triggers:\n  labels:\n    exclude: [never]\n' };
  await using world = await startWorld({ files: { 'index.html': '<h1>Hello</h1>\n', ...files } });
  world.github.webhooks.hold();
  const opened = await world.github.openPullRequest({
    repository: REPOSITORY,
    head: 'early',
    labels: ['never'],
  });
  // What is known of a repository before that is a guess.
  const guess = {
    id: world.repoId(),
    ownerId: 1,
    fullName: REPOSITORY,
    defaultBranch: 'trunk',
    private: false,
  };
  const installationId = world.github.installationId('acme') ?? 0;
  await world.app.ports.repos.save({ ...guess, installationId });
  await sweep(world.app.ports);
  await world.app.drain();
  const { environment } = await lookAt(world, opened.pullRequest.number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    decision: { action: 'skip', rule: 'label-excluded' },
  });
});
