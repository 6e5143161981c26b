import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { people } from '../../../../app/store/migrations/0004-people.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { userStore } from '../../../../app/store/people/users.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
  await migrate({ connection, log: silent, to: 3 });
  await db.collection('users').insertMany(OLD as never);
});
afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

const AT = new Date('2026-01-01T00:00:00Z');
const OLD = ['mona', 'lisa'].map((login, index) => ({
  ...{ _id: index + 5, login, email: null, avatarUrl: null, active: true, createdAt: AT, updatedAt: AT },
}));
const documents = (filter: object = {}) => db.collection('users').find(filter).sort({ login: 1 }).toArray();

test('people get an id of their own and are found by GitHub’s as before', async () => {
  await migrate({ connection, log: silent, to: 4 });
  const users = userStore(connection);
  const mona = await users.byGitHubId(5);
  expect(mona).toMatchObject({
    ...{ id: expect.stringMatching(/^[0-9a-f]{24}$/), login: 'mona', name: 'mona', githubId: 5 },
    ...{ emailVerified: false, active: true, createdAt: AT, signedInAt: null },
    ...{ preferences: { theme: 'system', email: true, emailOnSuccess: false, emailOnFailure: true } },
  });
  await users.saveFromGitHub({ githubId: 5, login: 'mona2', email: null, avatarUrl: null });
  expect(await users.byGitHubId(5)).toMatchObject({ id: mona?.id, login: 'mona2' });
  expect(await documents()).toHaveLength(2);
});

test('a migration that was cut off goes on, and moves nobody twice', async () => {
  await migrate({ connection, log: silent, to: 4 });
  const [before] = await documents({ githubId: 5 });
  // Cut off after the new document was written and before the old one was deleted.
  await db.collection('users').insertOne(OLD[0] as never, { bypassDocumentValidation: true });
  await people.up(db);
  expect(await documents({ login: 'mona' })).toEqual([before]);
});

test('down brings the old ids back and forgets people who are not on GitHub', async () => {
  await migrate({ connection, log: silent, to: 4 });
  const stranger = { login: null, email: null, emailVerified: false, avatarUrl: null, githubId: null };
  await userStore(connection).create({ name: 'Ada', ...stranger, googleId: 'g-1', openId: null });
  await migrate({ connection, log: silent, to: 3 });
  expect(await documents()).toEqual([...OLD].reverse());
  const left = (await db.listCollections().toArray()).map(({ name }) => name);
  expect(left).not.toContain('sessions');
  await migrate({ connection, log: silent });
  expect(await userStore(connection).byGitHubId(6)).toMatchObject({ login: 'lisa' });
});
