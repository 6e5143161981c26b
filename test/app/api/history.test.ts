import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DeploymentView } from '../../../src/contract/deployments.js';
import { ServerStatisticsView, StatisticsView } from '../../../src/contract/history.js';
import { changeDeployment } from '../../../src/deployments/change.js';
import type { NewDeployment } from '../../../src/deployments/model.js';
import { countEndings } from '../../../src/reconcile/endings.js';
import { measure } from '../../../src/reconcile/measure.js';
import { blobOf } from '../../contracts/blobs-contract.js';
import { DEPLOYMENT_STATUS, ENDED_BY } from '../../../src/shared/status/words.js';
import { newDeployment, newEnvironment, pullRequest } from '../../support/builders.js';
import { nothingGitHub, type NothingGitHub } from '../../support/nothing-github.js';
import { addPeople } from '../../support/add-people.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const { success, failed, running } = DEPLOYMENT_STATUS;
const REPOSITORY = {
  id: 11,
  ownerId: 1,
  fullName: 'acme/site',
  defaultBranch: 'main',
  installationId: 7,
  private: true,
};
const idOf = (index: number) => `d${String(index).padStart(23, '0')}`;
const shaOf = (index: number) => String(index).padStart(40, '0');

let app: TestApp;
let github: NothingGitHub;
let projectId: string;
let environmentId: string;

beforeAll(async () => {
  github = await nothingGitHub();
  app = await startApp({ config: { githubApiUrl: github.url } });
  const { repos, projects, environments } = app.ports;
  await repos.save(REPOSITORY);
  await repos.save({ ...REPOSITORY, id: 12, fullName: 'acme/other' });
  projectId = (await projects.ensure({ repoId: 11, name: 'site', slug: 'site', fallbackSlug: 'site-1' })).id;
  const place = { projectId, repoId: 11, repository: 'acme/site' };
  const environment = await environments.ensure(newEnvironment({ ...place, pullRequest: pullRequest() }));
  environmentId = environment.id;
  await addDeployments();
  await addPeople(app.ports, { repoId: 11, people: { reader: { githubId: 41, level: 'read' } } });
});
afterAll(async () => {
  await app.close();
  await github.close();
});

/** 0 failed, 1 succeeded and is live, 2 waits; 3 belongs to another repository. */
async function addDeployments(): Promise<void> {
  const { ports } = app;
  const of = (index: number, changes: Partial<NewDeployment> = {}) =>
    ports.deployments.ensure(
      newDeployment({ id: idOf(index), projectId, environmentId, repoId: 11, sha: shaOf(index), ...changes }),
    );
  await of(0, { branch: 'fix' });
  await of(1, {
    author: 'hubot',
    creator: 'manual',
    triggeredBy: 'mona',
    environment: 'pr-1',
    pullRequest: { number: 7, title: 'Add a page' },
    previousDeploymentId: idOf(0),
    committedAt: new Date('2026-11-27T10:00:00Z'),
  });
  await of(2);
  await of(3, { projectId: 'f'.repeat(24), environmentId: 'e'.repeat(24), repoId: 12 });
  const began = Date.now() - 60_000;
  const at = (seconds: number) => new Date(began + seconds * 1_000);
  for (const [index, status] of [failed, success].entries()) {
    await changeDeployment(ports, { id: idOf(index), plan: () => ({ status: running, startedAt: at(0) }) });
    const ending = { status, completedAt: at(20 * (index + 1)), endedBy: ENDED_BY.runReport };
    await changeDeployment(ports, { id: idOf(index), plan: () => ending });
  }
  const environment = await ports.environments.get(environmentId);
  if (!environment) throw new Error('There is no environment.');
  const reach = { kind: 'files', root: 'r' } as const;
  const current = { deploymentId: idOf(1), sha: shaOf(1), url: environment.url, reach, at: new Date() };
  const head = { deploymentId: idOf(2), sha: shaOf(2), at: new Date() };
  await ports.environments.change(environment, { patch: { current, head }, due: [] });
}

async function ask(path: string, init: Parameters<TestApp['api']>[1] = {}) {
  const response = await app.api(`/api/v1${path}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
async function listed(query: string, token?: string): Promise<string[]> {
  const { body } = await ask(`/deployments?${query}`, token === undefined ? {} : { token });
  return (body['items'] as { id: string }[]).map(({ id }) => id);
}
const project = () => `project=${projectId}`;

test.each<[string, () => string, number[]]>([
  ['all', () => '', [3, 2, 1, 0]],
  ['a project', project, [2, 1, 0]],
  ['a repository', () => 'repository=acme/site', [2, 1, 0]],
  ['a repository by its id', () => 'repository_id=12', []],
  ['an environment', () => `environment=${environmentId}`, [2, 1, 0]],
  ['those that failed', () => `status=${failed}`, [0]],
  ['those of a project that failed', () => `${project()}&status=${failed}`, [0]],
  ['a branch', () => `${project()}&branch=fix`, [0]],
  ['an author', () => `repository=acme/site&author=hubot`, [1]],
  ['a creator', () => `${project()}&creator=manual&status=${success}`, [1]],
  ['a commit', () => `commit=${shaOf(3)}`, [3]],
  ['a commit of a project', () => `${project()}&commit=${shaOf(3)}`, []],
  ['a repository that is not known', () => 'repository=acme/nowhere', []],
])('the list of %s is newest first', async (_what, query, expected) => {
  expect(await listed(query())).toEqual(expected.map(idOf));
});

test('people get what they may see, page by page, and nothing of what they may not', async () => {
  expect(await listed('', 'vtp_reader')).toEqual([2, 1, 0].map(idOf));
  expect(await listed(`commit=${shaOf(3)}`, 'vtp_reader')).toEqual([]);
  const first = await ask('/deployments?limit=2', { token: 'vtp_reader' });
  expect(await listed(`limit=2&cursor=${String(first.body['nextCursor'])}`, 'vtp_reader')).toEqual([idOf(0)]);
});

test.each([
  ['branch=fix', /branch needs a project or a repository/],
  ['project={id}&branch=a&author=b', /branch and author cannot be combined/],
  ['project={id}&repository=acme/site', /project and repository cannot be combined/],
  ['environment={id}&author=a', /author cannot be combined with environment/],
  ['commit=abc', /full commit SHA/],
])('%s is refused with the reason', async (query, reason) => {
  const { status, body } = await ask(`/deployments?${query.replace('{id}', projectId)}`);
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(reason) } },
  });
});

test('one deployment shows what the history asks for', async () => {
  const view = DeploymentView().parse((await ask(`/deployments/${idOf(1)}`)).body);
  expect(view).toMatchObject({
    projectId,
    repositoryId: 11,
    environment: 'pr-1',
    pullRequest: { number: 7, title: 'Add a page' },
    creator: 'manual',
    triggeredBy: 'mona',
    production: false,
    previousDeployment: idOf(0),
    rollback: false,
    endedBy: ENDED_BY.runReport,
    commitTimestamp: '2026-11-27T10:00:00.000Z',
    durationSeconds: 40,
    deletedAt: null,
    updatedAt: expect.any(String),
  });
});

test('of each environment of a project, the newest and the live deployment are shown', async () => {
  const { body } = await ask(`/projects/${projectId}/deployments/latest`);
  expect(body).toMatchObject({
    items: [
      { environment: { id: environmentId, name: 'pr-1' }, latest: { id: idOf(2) }, live: { id: idOf(1) } },
    ],
    nextCursor: null,
  });
});

test('the statistics of a project and of the server come from counters', async () => {
  const file = blobOf('<h1>Hi');
  await app.ports.blobs.write(file);
  const files = ['a.html', 'b.html'].map((path) => ({ path, hash: file.hash, size: file.size }));
  for (const root of ['1', '2']) await app.ports.artifacts.save({ projectId, root, files, complete: true });
  await countEndings(app.ports);
  const statistics = async (path: string) => StatisticsView().parse((await ask(path)).body);
  const ofProject = await statistics(`/projects/${projectId}/statistics?days=2`);
  const counts = { [success]: 1, [failed]: 1 };
  expect(ofProject).toMatchObject({ counts, successRate: 0.5, previewsAlive: 0 });
  expect(Math.abs((ofProject.medianSeconds ?? 0) - 40) / 40).toBeLessThan(0.05);
  expect((await statistics('/statistics')).counts).toEqual(counts);
  expect(ofProject.storage).toBeNull();
  await holdImage();
  await measure(app.ports);
  const { storage, largestProjects, byDay } = ServerStatisticsView().parse((await ask('/statistics')).body);
  expect(storage).toMatchObject({ bytes: 6, files: 1, measuredAt: expect.any(String) });
  // A layer that two repositories have counts once, and only what has layers is an image.
  const kinds = {
    ...{ uploads: { bytes: 6, count: 1 }, images: { bytes: 47, count: 1 } },
    pictures: { bytes: 30, count: 2 },
  };
  expect(storage?.kinds).toEqual(kinds);
  expect(storage?.logBytes).toBeGreaterThanOrEqual(0);
  const own = await statistics(`/projects/${projectId}/statistics?days=2`);
  expect(own.storage).toMatchObject({ kinds, logBytes: null });
  expect(largestProjects).toEqual([{ projectId, project: expect.any(String), bytes: 6 }]);
  expect(byDay.at(-1)).toMatchObject({ previewsAlive: 0, storageBytes: 6 });
  expect((await ask('/statistics', { token: 'vtp_reader' })).status).toBe(403);
  expect((await ask('/statistics?days=366')).status).toBe(400);
});

/** An image of one layer in two repositories, its index, and a screenshot. */
async function holdImage(): Promise<void> {
  const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
  const layer = { digest: digest('a'), size: 40, mediaType: 'application/octet-stream' };
  const facts = { mediaType: 'x', artifactType: null, subject: null, annotations: {}, manifests: [] };
  for (const name of ['pr-1/app', 'pr-1/worker']) {
    const place = { repository: name, environmentId, projectId };
    await app.ports.images.addBlobs({ name, environmentId, projectId }, [layer]);
    const image = { ...place, ...facts, digest: digest('b'), size: 5, blobs: [layer] };
    await app.ports.images.saveManifest(image, { durable: true });
    const index = { ...place, ...facts, digest: digest('c'), size: 2, blobs: [] };
    await app.ports.images.saveManifest(index, { durable: true });
  }
  const [page, thumbnail] = [20, 10].map((size) => ({ hash: String(size).repeat(32), size }));
  if (!page || !thumbnail) throw new Error('There are two pictures.');
  const taken = { page, thumbnail, at: new Date(), width: 1_280, height: 800 };
  await app.ports.screenshots.save({
    ...{ id: '1'.repeat(24), projectId, environmentId, deploymentId: idOf(1), generation: 1, sha: shaOf(1) },
    ...{ taken, reason: null, comparison: null, recordedAt: new Date() },
  });
}

test('a deployment that is not live can be deleted: lists forget it, statistics and its own address do not', async () => {
  const path = (index: number) => `/deployments/${idOf(index)}`;
  const remove = (index: number, token?: string) =>
    ask(path(index), { method: 'DELETE', ...(token === undefined ? {} : { token }) });
  expect(await remove(1)).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringMatching(/is live/) } },
  });
  expect(await remove(2)).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringMatching(/not ended/) } },
  });
  expect((await remove(0, 'vtp_reader')).status).toBe(403);
  expect(await remove(0)).toMatchObject({
    status: 200,
    body: { id: idOf(0), deletedAt: expect.any(String) },
  });
  expect((await remove(0)).status).toBe(200);
  expect(await listed('')).toEqual([3, 2, 1].map(idOf));
  expect(await listed(`environment=${environmentId}`)).toEqual([2, 1].map(idOf));
  const own = await ask(`/environments/${environmentId}/deployments`);
  expect((own.body['items'] as { id: string }[]).map(({ id }) => id)).toEqual([2, 1].map(idOf));
  expect((await ask(path(0))).body).toMatchObject({ deletedAt: expect.any(String) });
  const { counts } = StatisticsView().parse((await ask('/statistics')).body);
  expect(counts[failed]).toBe(1);
  const chain = (await ask(`/environments/${environmentId}/decisions`)).body['items'];
  expect(chain).toMatchObject([
    { action: 'delete-deployment', actor: 'tests', source: 'api', deliveryId: null },
  ]);
});
