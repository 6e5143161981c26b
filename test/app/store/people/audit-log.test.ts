import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import { createStores } from '../../../../app/store/connect.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { AUDIT_LOG } from '../../../../app/store/people/audit-log.js';
import { testDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

const database = testDatabase();
let connection: Connection;

beforeAll(async () => {
  connection = await openConnection({ uri: database.uri, log: silent });
});
afterAll(async () => {
  await connection.destroy();
  await database.drop();
});

/** The port only adds: what is there is read as an auditor would, from the database. */
const entries = () => connection.getClient().db(connection.name).collection(AUDIT_LOG).find().toArray();

test('who did what is kept as it was said, with its time, each time', async () => {
  const { audit } = createStores(connection);
  const entry = {
    actor: 'operator:ana',
    action: 'destroy',
    subject: 'pr-1-site',
    detail: '$where {"a.b":1}',
  };
  const before = new Date();
  await audit.record(entry);
  await audit.record(entry);
  const found = await entries();
  expect(found).toEqual(
    Array(2).fill({ ...entry, _id: expect.stringMatching(/^[0-9a-f]{24}$/), at: expect.any(Date) }),
  );
  expect(new Set(found.map(({ _id }) => String(_id))).size).toBe(2);
  for (const { at } of found) expect(Number(at)).toBeGreaterThanOrEqual(Number(before));
});
