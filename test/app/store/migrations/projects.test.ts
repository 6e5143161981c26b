import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { projectSettings } from '../../../../app/store/migrations/0006-projects.js';
import { migrate, MIGRATIONS } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
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

const at = new Date('2026-01-01T00:00:00Z');
const older = { repoId: 1, active: true, createdAt: at, updatedAt: at };
const OLD = [
  { ...older, _id: 'a', name: 'hello', slug: 'hello', isDefault: true },
  { ...older, _id: 'b', name: 'docs', slug: 'docs' },
];
const read = () => db.collection('projects').find().sort({ _id: 1 }).toArray();

test('projects of the version before get settings, keep what they have, and lose only the new fields on the way back', async () => {
  const before = MIGRATIONS.filter(({ version }) => version < projectSettings.version).at(-1)?.version ?? 0;
  await migrate({ connection, log: silent, to: before });
  await db.collection('projects').insertMany(OLD as never[]);
  await migrate({ connection, log: silent });
  const fresh = { version: 0, isAdded: false, settings: {}, deletingAt: null };
  const wanted = [
    { ...OLD[0], ...fresh },
    { ...OLD[1], ...fresh, isDefault: false },
  ];
  expect(await read()).toEqual(wanted);
  // After a crash before it was recorded, it runs again.
  await db.collection('projects').updateOne({ _id: 'a' as never }, { $set: { settings: { port: 80 } } });
  await projectSettings.up(db);
  expect((await read())[0]).toMatchObject({ settings: { port: 80 } });
  await migrate({ connection, log: silent, to: before });
  expect(await read()).toEqual([OLD[0], { ...OLD[1], isDefault: false }]);
});

test('the database refuses a project without what the code reads', async () => {
  await migrate({ connection, log: silent });
  const insert = db.collection('projects').insertOne({ ...OLD[0], _id: 'c' as never });
  await expect(insert).rejects.toMatchObject({ code: 121 });
});
