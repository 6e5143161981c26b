import { expect, test } from '@jest/globals';
import { removeRepositories } from '../../src/repositories/installation.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

test('what GitHub shows under another installation was given away: its previews go on there', async () => {
  await using world = await startWorld();
  const { number } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' }))
    .pullRequest;
  await world.drain();
  const { ports } = world.app;
  const repoId = world.repoId();
  const repository = async () => ({
    repo: { installationId: 777, repoId, fullName: 'other/hello' },
    ownerId: 4_242,
    defaultBranch: 'main',
    private: true,
  });
  const asked = { ...ports, github: { ...ports.github, repository } };
  const installationId = world.github.installationId('acme') ?? 0;
  expect(await removeRepositories(asked, { installationId, repoIds: [repoId] })).toBe(0);
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.pending,
    installationId: 777,
    repository: 'other/hello',
  });
  expect(await ports.repos.get(repoId)).toMatchObject({
    installationId: 777,
    ownerId: 4_242,
    private: true,
    removedAt: null,
  });
});
