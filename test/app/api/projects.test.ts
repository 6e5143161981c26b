import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AuditEntry } from '../../../src/people/audit-log.js';
import type { EffectiveSettings, ProjectView, RepositoryView } from '../../../src/contract/projects.js';
import { addPeople, type TestPerson } from '../../support/add-people.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const REPOSITORY = {
  id: 11,
  ownerId: 1,
  fullName: 'acme/site',
  defaultBranch: 'main',
  installationId: 7,
  private: true,
};
const PEOPLE = { stranger: 'none', reader: 'read', owner: 'admin' } as const;
type Who = keyof typeof PEOPLE;
const POLICY = 'limits:\n  ttl: 3d\nprojects:\n  - name: web\n    root: apps/web\n';
const COMMIT = 'c'.repeat(40);

const audited: Omit<AuditEntry, 'at'>[] = [];
let app: TestApp;

beforeAll(async () => {
  app = await startApp({
    around: {
      stores: (stores) => ({
        ...stores,
        audit: {
          ...stores.audit,
          record: (entry) => {
            audited.push(entry);
            return stores.audit.record(entry);
          },
        },
      }),
    },
  });
  const { repos } = app.ports;
  await repos.save(REPOSITORY);
  await repos.keep(REPOSITORY, {
    policy: { sha: COMMIT, file: POLICY, etag: null, stale: false },
  });
  const people = Object.entries(PEOPLE).map(([login, level], index) => [
    login,
    { githubId: 31 + index, level },
  ]);
  await addPeople(app.ports, {
    repoId: REPOSITORY.id,
    people: Object.fromEntries(people) as Readonly<Record<string, TestPerson>>,
  });
});
afterAll(async () => {
  await app.close();
});

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly as?: Who;
}

async function ask<T>(path: string, { method = 'GET', body, as = 'owner' }: Asked = {}) {
  const response = await app.api(`/api/v1${path}`, {
    method,
    token: `vtp_${as}`,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: response.status, body: (await response.json()) as T & { error?: { message: string } } };
}

const add = (name: string, more: object = {}) =>
  ask<ProjectView>('/repositories/11/projects', { method: 'POST', body: { name, ...more } });
const change = (id: string, body: object, as: Who = 'owner') =>
  ask<ProjectView>(`/projects/${id}`, { method: 'PATCH', body, as });

test('an administrator of the repository adds a project, and everyone with access sees it', async () => {
  const { status, body } = await add('admin', {
    settings: { root: 'apps/admin', limits: { environments: 3 } },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    name: 'admin',
    repository: 'acme/site',
    source: 'api',
    active: true,
    version: 0,
    settings: { root: 'apps/admin', limits: { environments: 3 } },
  });
  const listed = async (as: Who) => {
    const { body: page } = await ask<{ items: ProjectView[] }>('/projects?repository=acme/site', { as });
    return page.items.map(({ name }) => name);
  };
  expect([await listed('reader'), await listed('stranger')]).toEqual([['admin'], []]);
  const repositories = await ask<{ items: RepositoryView[] }>('/repositories', { as: 'reader' });
  expect(repositories.body.items).toMatchObject([
    { id: 11, name: 'acme/site', projects: [{ name: 'admin' }] },
  ]);
  expect((await ask<{ items: unknown[] }>('/repositories', { as: 'stranger' })).body.items).toEqual([]);
  expect((await ask(`/projects/${body.id}`, { as: 'stranger' })).status).toBe(404);
  expect((await change(body.id, { active: false }, 'reader')).status).toBe(403);
  expect((await change(body.id, { active: false }, 'stranger')).status).toBe(404);
  expect(audited.at(-1)).toMatchObject({ actor: 'owner', action: 'add-project', subject: 'admin' });
});

test('a second project of the same name is refused', async () => {
  await add('twice');
  const { status, body } = await add('twice');
  expect(status).toBe(409);
  expect(body.error?.message).toMatch(/already has a project "twice": choose another name/);
});

test('a mistake is answered with the field and the remedy, and changes nothing', async () => {
  const { body: made } = await add('strict', { settings: { build: 'make' } });
  const wrong = { active: false, settings: { output: 'dist', port: '80', limits: { ttl: 'soon' } } };
  const refused = await change(made.id, wrong);
  expect(refused.status).toBe(400);
  expect(refused.body.error?.message).toMatch(/settings\.port must be a port/);
  expect(refused.body.error?.message).toMatch(/settings\.limits\.ttl must be a time such as 90m/);
  const elsewhere = await change(made.id, { settings: { target: 'moon' } });
  expect(elsewhere.body.error?.message).toMatch(/there is no target "moon": this server has .*static/);
  const options = { target: { name: 'static', options: { spaa: true } } };
  expect((await change(made.id, { settings: options })).body.error?.message).toMatch(
    /settings\.target\.options/,
  );
  expect((await ask<ProjectView>(`/projects/${made.id}`)).body).toEqual(made);
});

test('of two people who change one version, the second is told to read again', async () => {
  const { body: made } = await add('raced');
  const first = await change(made.id, { settings: { build: 'make' }, version: made.version });
  expect(first.body).toMatchObject({ version: made.version + 1, settings: { build: 'make' } });
  expect(audited.at(-1)).toMatchObject({ action: 'change-project', detail: 'Changed: settings.build.' });
  const second = await change(made.id, { settings: { build: 'ninja' }, version: made.version });
  expect(second.status).toBe(409);
  expect(second.body.error?.message).toMatch(/has version 1 now, not 0\. Read it again/);
});

test('the effective settings show each value with its origin, and the file with its commit', async () => {
  const { body: made } = await add('shown', { settings: { build: 'make', limits: { ttl: '9d' } } });
  const { body } = await ask<EffectiveSettings>(`/projects/${made.id}/settings`, { as: 'reader' });
  expect(body.file).toEqual({ path: '.github/preview.yml', exists: true, commit: COMMIT, problems: [] });
  expect(body.values).toMatchObject({
    build: { value: 'make', origin: 'project' },
    'limits.ttl': { value: '3d', origin: 'file' },
    'limits.whenFull': { value: 'reject', origin: 'default' },
  });
});

test('a project that the file names is renamed and deleted in the file', async () => {
  const { projects } = app.ports;
  const { id } = await projects.ensure({ repoId: 11, name: 'web', slug: 'web', fallbackSlug: 'web-11' });
  const renamed = await change(id, { name: 'site' });
  expect([renamed.status, renamed.body.error?.message]).toEqual([
    409,
    expect.stringMatching(/rename it there/),
  ]);
  const deleted = await ask(`/projects/${id}`, { method: 'DELETE' });
  expect([deleted.status, deleted.body.error?.message]).toEqual([
    409,
    expect.stringMatching(/remove it there/),
  ]);
  expect((await change(id, { active: false })).body).toMatchObject({ active: false, source: 'file' });
});

test('a project that is being deleted says so and takes no change', async () => {
  const { body: made } = await add('leaving');
  const deleted = await ask<ProjectView>(`/projects/${made.id}`, { method: 'DELETE' });
  expect(deleted.status).toBe(202);
  expect(deleted.body.deletingAt).not.toBeNull();
  expect((await change(made.id, { active: false })).status).toBe(409);
  expect((await add('leaving')).body.error?.message).toMatch(/is being deleted/);
  expect((await ask<ProjectView>(`/projects/${made.id}`, { method: 'DELETE' })).status).toBe(202);
});

test('pages of projects follow each other, newest first', async () => {
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const path: string = `/projects?limit=2${cursor && `&cursor=${cursor}`}`;
    const { body } = await ask<{ items: ProjectView[]; nextCursor: string | null }>(path);
    names.push(...body.items.map(({ name }) => name));
    cursor = body.nextCursor;
  }
  expect(names.length).toBeGreaterThan(4);
  expect([...new Set(names)]).toEqual(names);
  expect(names.at(-1)).toBe('admin');
});
