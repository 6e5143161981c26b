import { expect, test } from '@jest/globals';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { begin, startByHand } from '../support/run-by-hand.js';
import { pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const RENAMED = 'acme/hallo';
const ONE_AND_TWO = {
  'index.html': '<h1>Hello</h1>\n',
  '.github/preview.yml': 'projects:\n  - name: one\n  - name: two\n',
};

async function openIn(world: World, repository = REPOSITORY, head = 'change') {
  const { pullRequest } = await world.github.openPullRequest({ repository, head });
  await world.drain();
  return { number: pullRequest.number, sha: pullRequest.head.sha };
}

const environmentsOf = (world: World, number: number) =>
  world.app.ports.environments.ofPullRequest(world.repoId(), number);

test('a renamed repository keeps its project, address and check for pushes and runs, and new pull requests join it', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number } = await openIn(world);
  const before = (await lookAt(world, number)).environment;
  await world.github.renameRepository(REPOSITORY, 'hallo');
  await world.drain();
  const { sha } = await world.github.push({ repository: RENAMED, branch: 'change' });
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({
    id: before.id,
    project: before.project,
    url: before.url,
    repository: RENAMED,
    head: { sha },
  });
  expect((await begin(world, { number, sha })).environment.status).toBe(ENVIRONMENT_STATUS.provisioning);

  const next = await openIn(world, RENAMED, 'next');
  const joined = (await lookAt(world, next.number)).environment;
  expect(joined).toMatchObject({ projectId: before.projectId, repository: RENAMED });
  expect(await world.app.ports.projects.ofRepo(world.repoId())).toHaveLength(1);
});

test('a project that the settings no longer name is taken down with the next push, and its runs need no name any more', async () => {
  await using world = await startWorld({ files: ONE_AND_TWO, github: { clock: secondsApart() } });
  const { number } = await openIn(world);
  expect((await environmentsOf(world, number)).map(({ project }) => project).sort()).toEqual(['one', 'two']);
  await pushSettings(world, 'projects:\n  - name: one\n');
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  const all = await environmentsOf(world, number);
  const two = all.find(({ project }) => project === 'two');
  expect(two).toMatchObject({
    status: ENVIRONMENT_STATUS.destroyed,
    decision: { action: 'destroy', rule: 'project-removed' },
  });
  expect((await startByHand(world, { number, sha })).environment?.project).toBe('one');

  await pushSettings(world, ONE_AND_TWO['.github/preview.yml']);
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  const again = await environmentsOf(world, number);
  expect(again.map(({ status }) => status)).not.toContain(ENVIRONMENT_STATUS.destroyed);
});

test('a repository that gets projects gives its first one up, and takes it up again when they go', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number } = await openIn(world);
  const before = (await lookAt(world, number)).environment;
  await pushSettings(world, 'projects:\n  - name: web\n');
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  const states = async () =>
    Object.fromEntries((await environmentsOf(world, number)).map(({ project, status }) => [project, status]));
  expect(await states()).toEqual({
    [before.project]: ENVIRONMENT_STATUS.destroyed,
    web: ENVIRONMENT_STATUS.pending,
  });
  await pushSettings(world, '');
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect(await states()).toEqual({
    [before.project]: ENVIRONMENT_STATUS.pending,
    web: ENVIRONMENT_STATUS.destroyed,
  });
});
