import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EffectiveSettings, ProjectView, RepositoryView } from '../../src/contract/projects.js';
import { secretContext } from '../../src/secrets/write.js';
import { newDeployment, newEnvironment } from '../support/builders.js';
import { startApp, type TestApp } from '../support/start-app.js';

/** docs/seeds.md maps the tables of the seeds. Each test writes and reads every field that a table of projects has here. */

const REPOSITORY = {
  ...{ id: 11, ownerId: 1, fullName: 'acme/site', defaultBranch: 'main', installationId: 7, private: true },
};
/** Every key of the seeds, with a value that is not the default. */
const BUILT = {
  ...{
    branch: 'release',
    build: 'npm run pack',
    install: 'npm ci',
    start: 'node server.js',
    output: 'public',
  },
  ...{ dockerfile: 'docker/Dockerfile', autoDeployBranches: ['main', 'release/*'] },
  target: { name: 'static', options: {} },
};
const SETTINGS = { ...BUILT, port: 8_080 };

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  await app.ports.repos.save(REPOSITORY);
  const policy = { sha: 'c'.repeat(40), file: null, etag: null, stale: false };
  await app.ports.repos.keep(REPOSITORY, { policy });
});
afterAll(async () => {
  await app.close();
});

async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const json = body !== undefined && {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  };
  const response = await app.api(`/api/v1${path}`, { method, ...json });
  return { status: response.status, body: (await response.json()) as T };
}

async function addProject(name: string, more: object = {}): Promise<ProjectView> {
  const { status, body } = await ask<ProjectView>('POST', '/repositories/11/projects', { name, ...more });
  expect(status).toBe(201);
  return body;
}

test('projects: a project is made with every field, read back, changed field by field, and known by its repository', async () => {
  const made = await addProject('site', { active: false, settings: SETTINGS });
  expect(made).toEqual({
    ...{ id: expect.any(String), name: 'site', slug: expect.any(String), active: false, source: 'api' },
    ...{ repositoryId: 11, repository: 'acme/site', settings: SETTINGS, version: 0, deletingAt: null },
    ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
  });
  expect((await ask('GET', `/projects/${made.id}`)).body).toEqual(made);
  const { body: counts } = await ask<EffectiveSettings>('GET', `/projects/${made.id}/settings`);
  for (const [key, value] of Object.entries(SETTINGS))
    expect({ key, ...counts.values[key] }).toEqual({ key, value, origin: 'project' });
  const patch = { name: 'shop', active: true, settings: { build: 'make', port: null } };
  const changed = await ask<ProjectView>('PATCH', `/projects/${made.id}`, patch);
  expect(changed.body).toEqual({
    ...{ ...made, name: 'shop', active: true, settings: { ...BUILT, build: 'make' }, version: 1 },
    updatedAt: expect.any(String),
  });
  expect(changed.body.updatedAt >= made.updatedAt).toBe(true);
  const { body: repository } = await ask<RepositoryView>('GET', '/repositories/11');
  expect(repository).toMatchObject({
    ...{ id: 11, name: 'acme/site', private: true, defaultBranch: 'main', removedAt: null },
    projects: [changed.body],
  });
  expect(await app.ports.repos.get(11)).toMatchObject(REPOSITORY);
});

test('env_vars: a variable of a project comes back with its value, and who set it when', async () => {
  const { id } = await addProject('variables');
  await ask('PUT', `/projects/${id}/variables`, { values: { API_URL: 'https://api.example.com' } });
  const { body } = await ask<{ items: unknown[] }>('GET', `/projects/${id}/variables`);
  expect(body.items).toEqual([
    {
      ...{ id: expect.any(String), name: 'API_URL', value: 'https://api.example.com', layer: 'project' },
      ...{ target: null, class: null, pullRequest: null, overrides: [], updatedBy: 'tests' },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
    },
  ]);
});

test('projectSecrets: a secret is kept encrypted for its project and name, and its value is answered to nobody', async () => {
  const { id } = await addProject('secrets');
  const value = 'a value that is answered to nobody';
  await ask('PUT', `/projects/${id}/secrets`, { values: { API_KEY: value } });
  const { body } = await ask<{ items: unknown[] }>('GET', `/projects/${id}/secrets`);
  expect(body.items).toEqual([
    {
      ...{ id: expect.any(String), name: 'API_KEY', layer: 'project', target: null, class: null },
      ...{ pullRequest: null, overrides: [], updatedBy: 'tests' },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String) },
    },
  ]);
  const { secrets, seal } = app.ports;
  const [stored] = await secrets.of([{ layer: 'project', projectId: id }]);
  expect(stored).toMatchObject({ scope: { layer: 'project', projectId: id }, name: 'API_KEY' });
  expect([stored?.createdAt, stored?.updatedAt]).toEqual([expect.any(Date), expect.any(Date)]);
  expect(stored?.sealed).not.toContain(value);
  expect(stored && seal.open(stored.sealed, secretContext(stored))).toBe(value);
});

test('project_environments: one environment for each project, repository and name, with its latest deployment', async () => {
  const { id: projectId } = await addProject('environments');
  const { environments, deployments } = app.ports;
  const place = { projectId, repoId: 11, project: 'environments', repository: 'acme/site' };
  for (const name of ['production', 'staging', 'pr-42']) {
    const fresh = newEnvironment({ ...place, name, slug: `${name}-environments` });
    const made = await environments.ensure(fresh);
    expect((await environments.ensure({ ...fresh, slug: 'another' })).id).toBe(made.id);
    const deploymentId = made.id.replace(/^./, 'd');
    await deployments.ensure(
      newDeployment({ id: deploymentId, environmentId: made.id, projectId, repoId: 11 }),
    );
    const head = { sha: 'a'.repeat(40), deploymentId, at: new Date() };
    const written = await environments.change(made, { patch: { head }, due: [] });
    expect((await ask('GET', `/environments/${made.id}`)).body).toMatchObject({
      ...{ id: made.id, projectId, repositoryId: 11, name, latestDeployment: deploymentId },
      ...{ createdAt: made.createdAt.toISOString(), updatedAt: written?.updatedAt.toISOString() },
    });
  }
  const { body } = await ask<{ items: { environment: { name: string }; latest: { environment: string } }[] }>(
    ...(['GET', `/projects/${projectId}/deployments/latest`] as const),
  );
  expect(body.items.map(({ environment }) => environment.name)).toEqual(['pr-42', 'staging', 'production']);
  expect(body.items.every(({ latest }) => latest !== null)).toBe(true);
});
