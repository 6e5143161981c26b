import { expect, test } from '@jest/globals';
import { sweep } from '../../src/reconcile/sweep.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { openPullRequest, AUTHOR, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PAGE = { 'index.html': '<h1>Hello</h1>\n' };
const FORKS = { ...PAGE, '.github/preview.yml': 'triggers:\n  forks: approve\n' };
const APPROVED = 'preview:approved';

function worldOf({ files = PAGE, clock = secondsApart() }: { files?: object; clock?: () => number } = {}) {
  const repository = {
    fullName: REPOSITORY,
    files: { ...files },
    collaborators: { reader: 'read' },
  } as const;
  const users = [AUTHOR, 'reader', 'stranger'];
  return startWorld({ github: { clock, users, repositories: [repository] } });
}

const at = (number: number) => ({ repository: REPOSITORY, number });
const status = async (world: World, number: number) => (await lookAt(world, number)).environment.status;

test('what somebody else does to a pull request vouches for no commit of its author', async () => {
  await using world = await worldOf();
  const { number } = await openPullRequest(world, { author: 'reader' });
  expect(await status(world, number)).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  world.github.editPullRequest({ ...at(number), title: 'A better title', sender: AUTHOR });
  await world.drain();
  world.github.labelPullRequest({ ...at(number), label: 'bug', sender: AUTHOR });
  await world.drain();
  world.github.closePullRequest({ ...at(number), sender: AUTHOR });
  world.github.reopenPullRequest({ ...at(number), sender: AUTHOR });
  await world.drain();
  await sweep(world.app.ports);
  await world.drain();
  expect(await lookAt(world, number)).toMatchObject({
    environment: { status: ENVIRONMENT_STATUS.awaitingApproval },
    deployments: [],
  });
});

test('whoever pushes a commit vouches for it, and only for that one', async () => {
  await using world = await worldOf();
  const { number } = await openPullRequest(world, { author: 'reader' });
  const pushed = await world.github.push({ repository: REPOSITORY, branch: 'change', pusher: AUTHOR });
  await world.drain();
  const first = await lookAt(world, number);
  expect(first.environment.head).toMatchObject({ sha: pushed.sha, by: { login: AUTHOR } });
  expect(first.deployments.map(({ status: word }) => word)).toEqual([DEPLOYMENT_STATUS.queued]);
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change', pusher: 'reader' });
  await world.drain();
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.actionRequired);
});

test('a label of somebody without write permission, heard of before the opening, holds back nobody else', async () => {
  await using world = await worldOf();
  world.github.webhooks.hold();
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  const { number } = opened.pullRequest;
  const labelled = world.github.labelPullRequest({ ...at(number), label: 'bug', sender: 'reader' });
  for (const { delivery } of [labelled, opened]) {
    await world.github.webhooks.send(delivery);
    await world.app.drain();
  }
  expect((await lookAt(world, number)).deployments.map(({ status: word }) => word)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
});

test('a push that is heard of late still tells who pushed', async () => {
  await using world = await worldOf();
  const { number } = await openPullRequest(world, { author: 'reader' });
  world.github.webhooks.hold();
  const pushed = await world.github.push({ repository: REPOSITORY, branch: 'change', pusher: AUTHOR });
  const edited = world.github.editPullRequest({ ...at(number), title: 'Another title' });
  await world.github.webhooks.send(edited.delivery);
  await world.app.drain();
  expect(await status(world, number)).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  for (const { delivery } of pushed.pullRequests) await world.github.webhooks.send(delivery);
  await world.app.drain();
  expect(await lookAt(world, number)).toMatchObject({
    environment: { status: ENVIRONMENT_STATUS.pending, pullRequest: { title: 'Another title' } },
    deployments: [{ status: DEPLOYMENT_STATUS.queued }],
  });
});

test('an approval in the same second as another change counts', async () => {
  const second = Date.now();
  await using world = await worldOf({ files: FORKS, clock: () => second });
  const { number, sha } = await openPullRequest(world, { fork: 'stranger', author: 'stranger' });
  expect(await status(world, number)).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  world.github.labelPullRequest({ ...at(number), label: APPROVED, sender: AUTHOR });
  await world.drain();
  expect(await lookAt(world, number)).toMatchObject({
    environment: { status: ENVIRONMENT_STATUS.pending, approvedSha: sha },
    deployments: [{ status: DEPLOYMENT_STATUS.queued }],
  });
});

test('an approval that is heard of late counts as long as its commit is the newest, and not a moment longer', async () => {
  await using world = await worldOf({ files: FORKS });
  const { number, sha } = await openPullRequest(world, { fork: 'stranger', author: 'stranger' });
  world.github.webhooks.hold();
  const approved = world.github.labelPullRequest({ ...at(number), label: APPROVED, sender: AUTHOR });
  const edited = world.github.editPullRequest({ ...at(number), title: 'Another title' });
  for (const { delivery } of [edited, approved]) {
    await world.github.webhooks.send(delivery);
    await world.app.drain();
  }
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    approvedSha: sha,
  });
  const again = world.github.labelPullRequest({ ...at(number), label: APPROVED, sender: AUTHOR });
  const pushed = await world.github.push({
    repository: 'stranger/hello',
    branch: 'change',
    pusher: 'stranger',
  });
  for (const { delivery } of [...pushed.pullRequests, again]) {
    await world.github.webhooks.send(delivery);
    await world.app.drain();
  }
  const { environment } = await lookAt(world, number);
  expect(environment.head?.sha).toBe(pushed.sha);
  expect(environment).toMatchObject({ approvedSha: null, decision: { action: 'hold' } });
});
