import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { logChunks } from '../../../../app/store/migrations/0008-log-chunks.js';
import { logStore } from '../../../../app/store/logs/store.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { readLines } from '../../../../src/deployments/logs/read.js';
import type { NumberedLine } from '../../../../src/shared/log-lines.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

const at = new Date('2026-11-20T10:00:00Z');
const line = (text: string, stage = 'building') => ({ at, stage, level: 'info', text });
const old = (deploymentId: string, seq: number, lines: readonly object[]) => ({
  _id: `${deploymentId}${seq}`,
  deploymentId,
  type: 'build',
  seq,
  lines,
});

/** As 0.2 wrote them: numbered by their run, with holes where a batch was lost. */
const OLD = [
  old('a', 0, [line('one'), line('two')]),
  old('a', 2, [line('three', 'deploying')]),
  old('b', 0, [line('\u001b[31mred')]),
];

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
  await migrate({ connection, log: silent, to: 4 });
  await db.collection('logs').insertMany(structuredClone(OLD) as never);
});
afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

async function linesOf(deploymentId: string): Promise<NumberedLine[]> {
  const all: NumberedLine[] = [];
  for await (const lines of readLines(logStore(connection, 'logs'), { deploymentId, after: 0 }))
    all.push(...lines);
  return all;
}

const stored = () => db.collection('logs').find().sort({ deploymentId: 1, seq: 1 }).toArray();

test('the lines of an older version get numbers, and the run that wrote them goes on', async () => {
  await migrate({ connection, log: silent });
  expect(await linesOf('a')).toEqual([
    { ...line('one'), type: 'build', number: 1 },
    { ...line('two'), type: 'build', number: 2 },
    { ...line('three', 'deploying'), type: 'deploy', number: 3 },
  ]);
  expect((await linesOf('b')).map(({ text }) => text)).toEqual(['\u001b[31mred']);
  const logs = logStore(connection, 'logs');
  const next = {
    deploymentId: 'a',
    writer: 'run',
    lines: [{ ...line('four'), type: 'build', level: 'info' }],
  } as const;
  expect(await logs.append({ ...next, batch: 2 })).toEqual({ chunk: null, last: 3 });
  expect((await logs.append({ ...next, batch: 3 })).last).toBe(4);
});

test('cut off in the middle it is done again, and taken back the lines are as they were', async () => {
  await logChunks.up(db);
  const after = await stored();
  await db.createCollection('logs.converted');
  await logChunks.up(db);
  expect(await stored()).toEqual(after);
  await migrate({ connection, log: silent, to: 8 });
  await migrate({ connection, log: silent, to: 4 });
  expect(await stored()).toEqual(OLD);
  await migrate({ connection, log: silent, to: 8 });
  expect((await linesOf('a')).map(({ number, text }) => `${number} ${text}`)).toEqual([
    '1 one',
    '2 two',
    '3 three',
  ]);
});

const REFUSED = [
  ['logs', { source: 'gossip' }],
  ['logs', { text: 5 }],
  ['runtimeLogs', { source: 'gossip' }],
  ['healthChecks', { live: 'yes' }],
  ['logWords', { words: null }],
] as const;

test('words that a field of a log does not have are refused', async () => {
  await migrate({ connection, log: silent });
  const chunk = (await stored())[0];
  for (const [collection, change] of REFUSED) {
    const document = { ...chunk, ...change, _id: 'new' as never, deploymentId: 'c' };
    await expect(db.collection(collection).insertOne(document)).rejects.toMatchObject({ code: 121 });
  }
});
