import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { createStores } from '../../../../app/store/connect.js';
import { screenshots } from '../../../../app/store/migrations/0015-screenshots.js';
import { migrate, MIGRATIONS } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
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

test('environments of the version before can be photographed from their next deployment on, and are as before on the way back', async () => {
  const before = MIGRATIONS.filter(({ version }) => version < screenshots.version).at(-1)?.version ?? 0;
  await migrate({ connection, log: silent });
  const { environments } = createStores(connection);
  const { id } = await environments.ensure(newEnvironment());
  const read = () => db.collection('environments').findOne({ _id: id as never });
  const now = await read();
  await migrate({ connection, log: silent, to: before });
  const older = await read();
  expect([older?.['due'], older?.['lease']].map((part) => Object.keys(part as object))).toEqual([
    ['report', 'teardown'],
    ['report', 'teardown'],
  ]);
  await migrate({ connection, log: silent });
  expect(await read()).toEqual(now);
  const by = { owner: 'a', leaseMs: 60_000 };
  expect(await environments.claim('screenshot', by)).toBeNull();
  await environments.markDue(id, 'screenshot');
  expect(await environments.claim('screenshot', by)).toMatchObject({ fence: 1, wanted: 1 });
});

test('the database refuses a screenshot that says neither what it is of nor what it names', async () => {
  await migrate({ connection, log: silent });
  const insert = db.collection('screenshots').insertOne({ deploymentId: 'd', environmentId: 'e' });
  await expect(insert).rejects.toMatchObject({ code: 121 });
});
