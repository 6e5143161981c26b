import { expect, test } from '@jest/globals';
import { sweep } from '../../src/reconcile/sweep.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

async function open(world: World) {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await world.drain();
  return { number: pullRequest.number, repoId: world.repoId() };
}

/** What the documents say once the repository is not on GitHub any more. */
async function statusOf({ app }: World, { number, repoId }: { number: number; repoId: number }) {
  const [environment] = await app.ports.environments.ofPullRequest(repoId, number);
  return environment?.status;
}

async function sweepAndSettle(world: World) {
  await sweep(world.app.ports);
  await world.drain();
}

async function happen({ github }: World, what: 'deleted' | 'suspend' | 'repository deleted'): Promise<void> {
  if (what === 'repository deleted') await github.deleteRepository(REPOSITORY);
  else github.changeInstallation({ account: 'acme', action: what });
}

test.each([
  ['the App was uninstalled', 'deleted'],
  ['the App was suspended', 'suspend'],
  ['the repository was deleted', 'repository deleted'],
] as const)('that %s is found by the sweep when its webhook was lost', async (_title, what) => {
  await using world = await startWorld();
  const opened = await open(world);
  world.github.webhooks.hold();
  await happen(world, what);
  await sweepAndSettle(world);
  expect(await statusOf(world, opened)).toBe(ENVIRONMENT_STATUS.destroyed);
  const [environment] = await world.app.ports.environments.ofPullRequest(opened.repoId, opened.number);
  expect(environment?.decision?.rule).toBe('repository-removed');
  expect(await world.app.ports.repos.get(opened.repoId)).toMatchObject({
    installationId: null,
    removedAt: expect.any(Date),
  });
  const warnings = world.logLines.length;
  await sweepAndSettle(world);
  expect(world.logLines).toHaveLength(warnings);
});

test('a repository that a late event brought back after the App was uninstalled goes with the next sweep', async () => {
  await using world = await startWorld();
  const opened = await open(world);
  const before = await world.app.ports.repos.get(opened.repoId);
  world.github.changeInstallation({ account: 'acme', action: 'deleted' });
  await world.drain();
  if (before) await world.app.ports.repos.enter(before);
  await sweepAndSettle(world);
  expect(await world.app.ports.repos.get(opened.repoId)).toMatchObject({ removedAt: expect.any(Date) });
});

test.each([
  ['does not answer', 502],
  ['hides the list of pull requests alone', 404],
  ['forbids the list of pull requests alone', 403],
])('nothing is taken down because GitHub %s', async (_how, status) => {
  await using world = await startWorld();
  const { number } = await open(world);
  world.github.fail({ kind: 'status', method: 'GET', path: /\/pulls$/, status, times: 99 });
  await sweepAndSettle(world);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(world.logLines.join('\n')).toMatch(/could not be put right/);
});

test('a repository that another account has now goes on in its name', async () => {
  await using world = await startWorld();
  const { number, repoId } = await open(world);
  const { ports } = world.app;
  const repository = async () => ({
    repo: { installationId: 777, repoId, fullName: 'other/hello' },
    ownerId: 4_242,
    defaultBranch: 'main',
    private: false,
  });
  world.github.webhooks.hold();
  world.github.changeInstallation({ account: 'acme', action: 'deleted' });
  await sweep({ ...ports, github: { ...ports.github, repository } });
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    installationId: 777,
    repository: 'other/hello',
  });
  expect(await ports.repos.get(repoId)).toMatchObject({ ownerId: 4_242, fullName: 'other/hello' });
});
