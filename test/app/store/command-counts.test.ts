import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import type { Stores } from '../../../app/ports.js';
import { createStores } from '../../../app/store/connect.js';
import { migrate } from '../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { repoModel } from '../../../app/store/repositories/store.js';
import { delivery, newDeployment, newEnvironment } from '../../support/builders.js';
import { testDatabase } from '../../support/test-database.js';
import { silent } from './empty-stores.js';

const database = testDatabase();
const sent: string[] = [];
let connection: Connection;
let stores: Stores;

beforeAll(async () => {
  connection = await openConnection({
    uri: database.uri,
    log: silent,
    onCommand: (command) => void sent.push(Object.keys(command)[0] ?? ''),
  });
  await migrate({ connection, log: silent });
  stores = createStores(connection);
});
beforeEach(() => void sent.splice(0));

afterAll(async () => {
  await connection.destroy();
  await database.drop();
});

const project = { repoId: 1, name: 'site', slug: 'site', fallbackSlug: 'site-1' };
const repo = {
  id: 1,
  ownerId: 3,
  fullName: 'octo/site',
  defaultBranch: 'main',
  installationId: 7,
  private: false,
};
const mona = { githubId: 5, login: 'mona', email: null, avatarUrl: 'https://avatars.test/5' };
const by = { owner: 'w', leaseMs: 60_000 };

test('what is ensured for the first time is one insert, and is not read again', async () => {
  const environment = await stores.environments.ensure(newEnvironment());
  expect(sent.splice(0)).toEqual(['insert']);
  expect(await stores.environments.get(environment.id)).toEqual(environment);
  sent.splice(0);
  const made = await stores.projects.ensure(project);
  expect(sent.splice(0)).toEqual(['insert']);
  expect(await stores.projects.get(made.id)).toEqual(made);
  sent.splice(0);
  const deployment = await stores.deployments.ensure(newDeployment());
  expect(sent.splice(0)).toEqual(['find', 'insert']);
  expect(await stores.deployments.get(deployment.id)).toEqual(deployment);
});

test('a deployment that was just named is inserted without looking for it first', async () => {
  const fresh = newDeployment({ id: 'dddddddddddddddddddddd02' });
  const made = await stores.deployments.ensure(fresh, { isNew: true });
  expect(sent.splice(0)).toEqual(['insert']);
  expect(await stores.deployments.ensure(fresh, { isNew: true })).toEqual(made);
  expect(sent).toEqual(['insert', 'find']);
});

test('a new environment is stored with what was decided on it, by one insert', async () => {
  const fresh = newEnvironment({ id: 'eeeeeeeeeeeeeeeeeeeeee01', name: 'pr-9' });
  const patch = { approvedSha: 'a'.repeat(40), generation: 1 };
  const made = await stores.environments.ensure(fresh, { patch, due: ['report'] });
  expect(sent.splice(0)).toEqual(['insert']);
  expect(made).toMatchObject({
    id: fresh.id,
    ...patch,
    due: { report: { wanted: 1 }, teardown: { at: null } },
  });
  expect(await stores.environments.claim('report', by)).toMatchObject({ environment: made });
  const later = await stores.environments.ensure({ ...fresh, id: 'other' }, { patch: {}, due: [] });
  expect(later).toMatchObject({ id: fresh.id, ...patch });
});

test('a deployment that is there is read and nothing else', async () => {
  const there = await stores.deployments.ensure(newDeployment());
  sent.splice(0);
  expect(await stores.deployments.ensure(newDeployment())).toEqual(there);
  expect(sent).toEqual(['find']);
});

test('a repository that is heard of again as it was is not written again', async () => {
  await stores.repos.save(repo);
  expect(sent.splice(0)).toEqual(['find', 'insert']);
  for (const again of [stores.repos.save, stores.repos.enter])
    expect(await again(repo)).toEqual({ ...repo, removedAt: null });
  expect(sent.splice(0)).toEqual(['find', 'find']);
  await stores.repos.save({ ...repo, private: true });
  expect(sent).toEqual(['find', 'findAndModify']);
  expect(await stores.repos.get(1)).toMatchObject({ private: true });
});

test('of a hundred who save a new repository at once, one writes', async () => {
  const fresh = { ...repo, id: 100, fullName: 'octo/fresh' };
  const saved = await Promise.all(Array.from({ length: 100 }, () => stores.repos.save(fresh)));
  expect(saved).toEqual(Array.from({ length: 100 }, () => ({ ...fresh, removedAt: null })));
  expect(new Set(sent)).toEqual(new Set(['find', 'insert']));
  expect(sent.length).toBeLessThanOrEqual(300);
});

test('of two repositories with one name, the one heard of last has it', async () => {
  const namesake = { ...repo, id: 2 };
  await stores.repos.save(repo);
  await stores.repos.save(namesake);
  const longAgo = { $set: { updatedAt: new Date(Date.now() - 3_600_000) } };
  await repoModel(connection).updateMany({}, longAgo);
  await stores.repos.save(repo);
  expect(await stores.repos.byFullName(repo.fullName)).toMatchObject({ id: 1 });
  await stores.repos.save(namesake);
  await repoModel(connection).updateOne({ _id: 1 }, longAgo);
  expect(await stores.repos.byFullName(repo.fullName)).toMatchObject({ id: 2 });
});

test('a person who is seen again as before is neither written nor read again', async () => {
  const first = await stores.users.saveFromGitHub(mona);
  sent.splice(0);
  expect(await stores.users.saveFromGitHub({ ...mona, avatarUrl: null })).toEqual(first);
  expect(sent.splice(0)).toEqual([]);
  expect(await stores.users.saveFromGitHub({ ...mona, login: 'lisa' })).toMatchObject({ login: 'lisa' });
  expect(sent).toEqual(['find', 'findAndModify']);
});

test('a delivery is claimed by one command when one is asked for, and a lone one by two', async () => {
  await stores.inbox.store([delivery({ guid: 'a' }), delivery({ guid: 'b' }), delivery({ guid: 'c' })]);
  sent.splice(0);
  expect(await stores.inbox.claim({ ...by, limit: 1 })).toMatchObject([{ guid: 'a', attempts: 1, fence: 1 }]);
  expect(sent.splice(0)).toEqual(['findAndModify']);
  expect(await stores.inbox.claim({ ...by, limit: 8 })).toHaveLength(2);
  expect(sent.splice(0)).toEqual(['find', 'update', 'find']);
  await stores.inbox.store([delivery({ guid: 'd' })]);
  sent.splice(0);
  expect(await stores.inbox.claim({ ...by, limit: 8 })).toMatchObject([{ guid: 'd' }]);
  expect(sent.splice(0)).toEqual(['find', 'findAndModify']);
  expect(await stores.inbox.claim({ ...by, limit: 1 })).toEqual([]);
  expect(sent).toEqual(['findAndModify']);
});
