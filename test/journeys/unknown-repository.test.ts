import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

/** Every webhook was lost: neither the installation nor the pull request was ever heard of. */
async function unheardOf(world: World) {
  world.github.webhooks.hold();
  return (await world.github.openPullRequest({ repository: REPOSITORY, head: 'unheard' })).pullRequest;
}

test('a run of a repository that was never heard of is looked up at GitHub, and its preview goes live', async () => {
  await using world = await startWorld();
  const { number } = await unheardOf(world);
  expect(await world.app.ports.repos.get(world.repoId())).toBeNull();
  const ran = await runPreview(world, { number });
  expect(ran.log).not.toMatch(/not installed/);
  expect(ran.exitCode).toBe(0);
  await world.app.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect((await visit(environment.url)).status).toBe(200);
  const installationId = world.github.installationId('acme');
  expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({
    fullName: REPOSITORY,
    installationId,
    defaultBranch: 'main',
  });
});

test('a repository that was lost and given back is looked up too, when only the loss was heard of', async () => {
  await using world = await startWorld();
  const { ports } = world.app;
  const repo = { id: world.repoId(), fullName: REPOSITORY, defaultBranch: 'main', private: false };
  await ports.repos.enter({ ...repo, ownerId: 1, installationId: 1 });
  await ports.repos.remove(repo.id);
  const { number } = await unheardOf(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
});

test.each([
  ['its repository', /^\/repos\/acme\/hello$/, 404],
  ['its pull request with a limit', /\/pulls\/\d+$/, 429],
  ['a token', /\/access_tokens$/, 401],
])('a run is tried again when GitHub denies the server %s for a moment', async (_what, path, status) => {
  await using world = await startWorld();
  const { number } = await unheardOf(world);
  world.github.fail({ kind: 'status', path, status });
  const ran = await runPreview(world, { number });
  expect([ran.exitCode, ran.outputs['status']]).toEqual([0, DEPLOYMENT_STATUS.success]);
  expect(ran.log).toMatch(/GitHub does not .*Next try in 5\.0 s\./);
});

test('where the App is not installed the run is told so, and nothing is written', async () => {
  await using world = await startWorld();
  const { number } = await unheardOf(world);
  world.github.changeInstallation({ account: 'acme', action: 'deleted' });
  const ran = await runPreview(world, { number });
  expect(ran.log).toMatch(/not installed on this repository\. Install it, then run the workflow again/);
  expect(ran.exitCode).not.toBe(0);
  expect(await world.app.ports.repos.get(world.repoId())).toBeNull();
});
