import { expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { lookAt } from '../../support/look-at.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../../support/start-world.js';

const ACCOUNT = 'acme';
const OTHERS = { installation: 777, owner: 4_242 };

async function change(
  world: World,
  action: Parameters<World['github']['changeInstallation']>[0]['action'],
  rest: object = {},
) {
  world.github.changeInstallation({ account: ACCOUNT, action, ...rest });
  await world.drain();
}

const LISTED = { event: 'installation_repositories', repositories: [REPOSITORY] } as const;

/** What another account's installation says of our repository. */
async function toldByOthers(world: World, action: 'added' | 'removed', installation = OTHERS.installation) {
  const listed = [{ id: world.repoId(), full_name: 'other/hello', private: false }];
  world.github.webhooks.emit('installation_repositories', {
    action,
    installation: { id: installation, account: { id: OTHERS.owner, login: 'other' } },
    repositories_added: action === 'added' ? listed : [],
    repositories_removed: action === 'removed' ? listed : [],
    sender: { id: 1, login: 'octavia' },
  });
  await world.drain();
}

/** An event of our own installation that GitHub, when asked, knows nothing of. */
async function tellFalsely(world: World, event: string, payload: object) {
  const installation = { id: ours(world), account: { id: 1, login: ACCOUNT } };
  const sender = { id: 1, login: 'octavia' };
  const delivery = world.github.webhooks.emit(event, { installation, sender, ...payload });
  await world.drain();
  const { items } = await world.app.ports.inbox.list({}, { limit: 100 });
  return items.find(({ guid }) => guid === delivery.guid);
}

const suspendedAt = (world: World, ms: number) => ({
  action: 'suspend',
  repositories: [],
  installation: {
    id: ours(world),
    account: { id: 1, login: ACCOUNT },
    suspended_at: new Date(Date.now() - ms).toISOString(),
  },
});

const repo = ({ app, repoId }: World) => app.ports.repos.get(repoId());
const ours = ({ github }: World) => github.installationId(ACCOUNT) ?? 0;

test.each([
  ['created', {}],
  ['added', LISTED],
] as const)('%s: the repositories are known from then on', async (action, rest) => {
  await using world = await startWorld();
  expect(await repo(world)).toBeNull();
  await change(world, action, rest);
  const known = { fullName: REPOSITORY, installationId: ours(world), removedAt: null, private: false };
  expect(await repo(world)).toMatchObject(known);
});

test.each([
  ['deleted', {}],
  ['suspend', {}],
  ['removed', LISTED],
] as const)('%s: every preview is taken down, and GitHub is told nothing more', async (action, rest) => {
  await using world = await startWorld();
  const numbers = [
    (await openPullRequest(world, { head: 'one' })).number,
    (await openPullRequest(world, { head: 'two' })).number,
  ];
  const before = world.github.writes();
  await change(world, action, rest);
  for (const number of numbers) {
    const { environment } = await lookAt(world, number);
    expect(environment).toMatchObject({
      status: ENVIRONMENT_STATUS.destroyed,
      installationId: null,
      current: null,
    });
  }
  expect(await repo(world)).toMatchObject({ installationId: null, removedAt: expect.any(Date) });
  expect(world.github.writes()).toBe(before);
});

test('removed: the other repositories of the account stay', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await world.github.createRepository({ fullName: 'acme/other' });
  await change(world, 'removed', { ...LISTED, repositories: ['acme/other'] });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(await repo(world)).toMatchObject({ removedAt: null });
});

test.each([
  ['suspend', 'unsuspend', {}],
  ['removed', 'added', LISTED],
] as const)('%s and at once %s: the next commit gets its preview', async (leave, enter, rest) => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await change(world, leave, rest);
  await change(world, enter, rest);
  expect(await repo(world)).toMatchObject({ installationId: ours(world), removedAt: null });
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    head: { sha },
    installationId: ours(world),
  });
  expect(deployments[0]).toMatchObject({ sha, status: DEPLOYMENT_STATUS.queued });
  expect(await world.reviewer.checks(sha)).toHaveLength(1);
});

test('removed, late, by the account that gave the repository away: nothing is taken down', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await toldByOthers(world, 'added');
  await change(world, 'removed', LISTED);
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    installationId: OTHERS.installation,
  });
  expect(await repo(world)).toMatchObject({ installationId: OTHERS.installation, ownerId: OTHERS.owner });
});

test('removed by an installation that the repository never belonged to: nothing is taken down', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await toldByOthers(world, 'removed');
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(await repo(world)).toMatchObject({ installationId: ours(world), removedAt: null });
});

test('a suspension that ended long ago, heard of again: nothing is taken down', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const told = await tellFalsely(world, 'installation', suspendedAt(world, 3_600_000));
  expect(told).toMatchObject({ status: DELIVERY_STATUS.ignored, decision: { rule: 'stale-event' } });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(await repo(world)).toMatchObject({ installationId: ours(world), removedAt: null });
});

test('suspended just now, though GitHub says otherwise: it is asked again before anything is taken down', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const told = await tellFalsely(world, 'installation', suspendedAt(world, 0));
  expect(told).toMatchObject({
    status: DELIVERY_STATUS.stored,
    error: expect.stringMatching(/not suspended/),
  });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
});

test('said to be removed although GitHub still lets the App in: nothing is taken down, and it is asked again', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const listed = [{ id: world.repoId(), full_name: REPOSITORY, private: false }];
  const told = await tellFalsely(world, 'installation_repositories', {
    action: 'removed',
    repositories_added: [],
    repositories_removed: listed,
  });
  expect(told).toMatchObject({ status: DELIVERY_STATUS.stored, error: expect.stringMatching(/acme\/hello/) });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(await repo(world)).toMatchObject({ installationId: ours(world), removedAt: null });
});

test('what the event does not tell is not made up: the default branch is known with the first pull request', async () => {
  await using world = await startWorld();
  await change(world, 'created');
  expect(await repo(world)).toMatchObject({ fullName: REPOSITORY, defaultBranch: null });
  await openPullRequest(world);
  expect(await repo(world)).toMatchObject({ defaultBranch: 'main' });
  await change(world, 'added', LISTED);
  expect(await repo(world)).toMatchObject({ defaultBranch: 'main' });
});
