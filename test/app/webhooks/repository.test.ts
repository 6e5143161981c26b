import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runAction } from '../../../demo/runner/run-action.js';
import { writeCheckout } from '../../../demo/runner/write-checkout.js';
import { visit } from '../../../demo/visit.js';
import { CONCLUSION } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { ROOT } from '../../support/architecture/read-sources.js';
import { lookAt } from '../../support/look-at.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../../support/start-world.js';

const FILES = { 'index.html': '<h1>Hello</h1>\n' };
const RENAMED = 'acme/hallo';

const documentOf = ({ github }: World) => [...github.state.repositories.values()][0]?.document;

/** An event of our repository, with some of its fields changed. */
async function tell(world: World, { action, changes = {} }: { action: string; changes?: object }) {
  const installation = { id: world.github.installationId('acme') };
  const delivery = world.github.webhooks.emit('repository', {
    action,
    repository: { ...documentOf(world), ...changes },
    installation,
    sender: { id: 1, login: 'octavia' },
    ...('installation' in changes ? { installation: changes.installation } : {}),
  });
  await world.drain();
  const { items } = await world.app.ports.inbox.list({}, { limit: 100 });
  return items.find(({ guid }) => guid === delivery.guid);
}

async function runUnderNewName(world: World, number: number) {
  const run = await world.github.startRun({ repository: RENAMED, number });
  const workspace = await mkdtemp(join(tmpdir(), 'vitrine-run-'));
  try {
    await writeCheckout(world.github.filesAt(RENAMED, `refs/pull/${number}/head`), workspace);
    const inputs = { 'server-url': world.app.url };
    return await runAction({ action: ROOT, run, workspace, inputs });
  } finally {
    world.github.finishRun(run, CONCLUSION.success);
    await rm(workspace, { recursive: true, force: true });
  }
}

test('renamed, then a push and a run: the same preview, project and check as before', async () => {
  await using world = await startWorld({ files: FILES });
  const { number } = await openPullRequest(world);
  const before = (await lookAt(world, number)).environment;
  await world.github.renameRepository(REPOSITORY, 'hallo');
  await world.drain();
  const { sha } = await world.github.push({ repository: RENAMED, branch: 'change' });
  await world.drain();
  const result = await runUnderNewName(world, number);
  expect(result.exitCode === 0 ? '' : result.log).toBe('');
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  const { id, slug, projectId } = before;
  expect(environment).toMatchObject({
    id,
    slug,
    projectId,
    repository: RENAMED,
    status: ENVIRONMENT_STATUS.ready,
  });
  expect(deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.success,
    DEPLOYMENT_STATUS.superseded,
  ]);
  expect(await world.app.ports.projects.ofRepo(world.repoId())).toHaveLength(1);
  const checks = await fetch(`${world.github.url}/repos/${RENAMED}/commits/${sha}/check-runs`, {
    headers: { authorization: `token ${world.github.userToken('octavia')}` },
  });
  expect(await checks.json()).toMatchObject({ total_count: 1 });
  expect((await visit(environment.url)).status).toBe(200);
});

test('transferred: the previews go on under the new owner and its installation', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const before = (await lookAt(world, number)).environment;
  const owner = { id: 4_242, login: 'other' };
  const changes = { full_name: 'other/hello', owner, installation: { id: 777 } };
  await tell(world, { action: 'transferred', changes });
  const { environment } = await lookAt(world, number);
  const { id, slug, status } = before;
  expect(environment).toMatchObject({ id, slug, status, repository: 'other/hello', installationId: 777 });
  expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({
    ownerId: 4_242,
    fullName: 'other/hello',
    installationId: 777,
  });
});

test.each([
  ['privatized', true],
  ['publicized', false],
])('%s: it is known who may see the repository, and its previews stay', async (action, isPrivate) => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await tell(world, { action, changes: { private: isPrivate } });
  expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({ private: isPrivate });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
});

test('deleted: every preview of it goes, and GitHub is told nothing more', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const repoId = world.repoId();
  const before = world.github.writes();
  await world.github.deleteRepository(REPOSITORY);
  await world.drain();
  const [environment] = await world.app.ports.environments.ofPullRequest(repoId, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, installationId: null });
  expect(await world.app.ports.repos.get(repoId)).toMatchObject({ removedAt: expect.any(Date) });
  expect(world.github.writes()).toBe(before);
});

test('said to be deleted although GitHub still has it: nothing is taken down, and it is asked again', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const delivery = await tell(world, { action: 'deleted' });
  expect(delivery).toMatchObject({
    status: DELIVERY_STATUS.stored,
    error: expect.stringMatching(/still has acme\/hello/),
  });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({ removedAt: null });
});

test('deleted, while GitHub cannot be asked: nothing is taken down yet', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  world.github.fail({ method: 'GET', path: /\/installation$/, kind: 'status', status: 502, times: 9 });
  expect(await tell(world, { action: 'deleted' })).toMatchObject({ status: DELIVERY_STATUS.stored });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
});

test.each(['started', 'frobnicated', '__proto__'])(
  'an action that repositories do not have (%s) changes nothing',
  async (action) => {
    await using world = await startWorld();
    await openPullRequest(world);
    const delivery = await tell(world, { action, changes: { full_name: 'evil/name' } });
    expect(delivery).toMatchObject({
      status: DELIVERY_STATUS.ignored,
      decision: { rule: 'action-not-used' },
    });
    expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({ fullName: REPOSITORY });
  },
);
