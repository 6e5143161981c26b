import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { createStores } from '../../../../app/store/connect.js';
import { initialIndexes } from '../../../../app/store/migrations/0001-initial-indexes.js';
import { history, migrate, MIGRATIONS, statusOf } from '../../../../app/store/migrations/migrate.js';
import type { Migration } from '../../../../app/store/migrations/migration.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { newEnvironment } from '../../../support/builders.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
});

afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

/** Counts how often it ran; the first run may break. */
function counting(version: number, options: { breaks?: number } = {}): Migration & { ran: string[] } {
  const ran: string[] = [];
  let left = options.breaks ?? 0;
  const run = (what: string) => async () => {
    ran.push(what);
    if (left > 0) throw new Error(`broke, ${(left -= 1)} left`);
  };
  return { version, name: `step-${version}`, indexes: [], up: run('up'), down: run('down'), ran };
}

const versions = async () => (await history(connection)).map(({ version }) => version);
const indexNames = async (collection: string) =>
  (await db.collection(collection).listIndexes().toArray()).map(({ name }) => name as string);

test('up makes every index, down to zero removes them, and up makes them again', async () => {
  await migrate({ connection, log: silent });
  expect(await history(connection)).toEqual(
    MIGRATIONS.map(({ version, name }) => ({
      version,
      name,
      appliedAt: expect.any(Date),
      ms: expect.any(Number),
    })),
  );
  for (const { collection, name } of initialIndexes.indexes)
    expect(await indexNames(collection)).toContain(name);
  await migrate({ connection, log: silent, to: 0 });
  expect(await versions()).toEqual([]);
  for (const { collection } of initialIndexes.indexes) expect(await indexNames(collection)).toEqual(['_id_']);
  await migrate({ connection, log: silent });
  expect(await indexNames('environments')).toContain('identity');
});

test('steps run in order, each once, and come back in reverse', async () => {
  const [one, two, three] = [counting(1), counting(2), counting(3)];
  await migrate({ connection, log: silent, migrations: [one, two] });
  await migrate({ connection, log: silent, migrations: [one, two, three] });
  await migrate({ connection, log: silent, migrations: [one, two, three], to: 1 });
  expect([one.ran, two.ran, three.ran]).toEqual([['up'], ['up', 'down'], ['up', 'down']]);
  expect(await versions()).toEqual([1]);
});

test('a step that broke is run again, and those before it are not', async () => {
  const [one, two] = [counting(1), counting(2, { breaks: 1 })];
  const options = { connection, log: silent, migrations: [one, two] };
  await expect(migrate(options)).rejects.toThrow('broke');
  expect(await versions()).toEqual([1]);
  await migrate(options);
  expect([one.ran, two.ran]).toEqual([['up'], ['up', 'up']]);
});

test('a migration that fails says which one, why and what to do, and documents can be read and written all the same', async () => {
  await migrate({ connection, log: silent });
  const { environments } = createStores(connection);
  const { id } = await environments.ensure(newEnvironment());
  const [{ version: newest } = { version: 0 }] = MIGRATIONS.slice(-1);
  const broken = { ...counting(newest + 1, { breaks: 1 }), name: 'broken' };
  const failure: unknown = await migrate({
    connection,
    log: silent,
    migrations: [...MIGRATIONS, broken],
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(VitrineError);
  expect(String(failure)).toMatch(
    new RegExp(
      `Migration ${newest + 1} \\(broken\\) failed on its way up: broke, 0 left\\..*start again, or start the version`,
    ),
  );
  expect(await environments.get(id)).not.toBeNull();
  await environments.ensure(newEnvironment({ name: 'pr-2' }));
  expect((await versions()).at(-1)).toBe(newest);
  // The program that ran before still starts.
  await migrate({ connection, log: silent });
});

test('the history tells when each migration was applied and how long it took, and which are missing', async () => {
  const [one, two] = [counting(1), counting(2)];
  await migrate({ connection, log: silent, migrations: [one] });
  expect(await statusOf(connection, [one, two])).toEqual([
    { version: 1, name: 'step-1', appliedAt: expect.any(Date), ms: expect.any(Number) },
    { version: 2, name: 'step-2', appliedAt: null, ms: null },
  ]);
});

test('a database that is newer than the program is left alone', async () => {
  await migrate({ connection, log: silent, migrations: [counting(1), counting(2)] });
  const older = migrate({ connection, log: silent, migrations: [counting(1)] });
  await expect(older).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('version 2'),
  });
});

test('of ten starts at once one migrates and the others wait for it', async () => {
  const step = counting(1);
  const options = { connection, log: silent, migrations: [step] };
  await Promise.all(Array.from({ length: 10 }, () => migrate(options)));
  expect(step.ran).toEqual(['up']);
});

test('documents that keep a unique index from being built are named', async () => {
  const twin = { environmentId: 'e', sha: 'a', run: { id: '1', attempt: 1, job: 'j' } };
  await db
    .collection<{ _id: string }>('deployments')
    .insertMany([
      { _id: 'first', ...twin },
      { _id: 'second', ...twin },
      { _id: 'third', ...twin, run: null } as never,
      { _id: 'fourth', ...twin, run: null } as never,
    ]);
  const failure: unknown = await migrate({ connection, log: silent }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'conflict' });
  expect(String(failure)).toMatch(
    /"run" of deployments .*"environmentId":"e".*first, second.*Remove all but one/,
  );
  expect(String(failure)).not.toContain('third');
  await db.collection<{ _id: string }>('deployments').deleteOne({ _id: 'second' });
  await migrate({ connection, log: silent });
  expect(await versions()).toEqual(MIGRATIONS.map(({ version }) => version));
});

test('an index that somebody dropped or made in another way stops the start and is named', async () => {
  await migrate({ connection, log: silent });
  for (const [key, unique] of OTHER_INDEXES) {
    await db.collection('projects').dropIndex('repo_name');
    await db.collection('projects').createIndex(key, { name: 'repo_name', unique });
    await expect(migrate({ connection, log: silent })).rejects.toThrow('projects.repo_name');
  }
  await db.collection('environments').dropIndex('slug');
  await db.collection('projects').drop();
  await db.collection('webhookDeliveries').dropIndex('stored_received');
  const failure: unknown = await migrate({ connection, log: silent }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'conflict' });
  expect(String(failure)).toMatch(
    /\(environments\.slug, webhookDeliveries\.stored_received, projects\.repo_name, projects\.slug[,)]/,
  );
  await migrate({ connection, log: silent, to: 0 });
  await migrate({ connection, log: silent });
  expect(await versions()).toEqual(MIGRATIONS.map(({ version }) => version));
});

/** Another key, its key in another order, no promise to be unique. */
const OTHER_INDEXES = [
  [{ repoId: 1 }, true],
  [{ name: 1, repoId: 1 }, true],
  [{ repoId: 1, name: 1 }, false],
] as const;

test('a start on a migrated database uses a few connections only, so that none of its questions waits for one', async () => {
  await migrate({ connection, log: silent });
  const watched = await openConnection({ uri: database.uri, log: silent, onCommand: () => undefined });
  const underWay = new Set<number>();
  let most = 0;
  const client = watched.getClient();
  client.on('commandStarted', ({ requestId }) => (most = Math.max(most, underWay.add(requestId).size)));
  client.on('commandSucceeded', ({ requestId }) => void underWay.delete(requestId));
  await migrate({ connection: watched, log: silent }).finally(() => watched.close());
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
});
