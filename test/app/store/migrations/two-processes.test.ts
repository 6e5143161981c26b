import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { MIGRATIONS } from '../../../../app/store/migrations/migrate.js';

const PROGRAM = fileURLToPath(new URL('./start-program.js', import.meta.url));

let database: TestDatabase;
let client: mongo.MongoClient;

beforeEach(async () => {
  database = testDatabase();
  client = await mongo.MongoClient.connect(database.uri);
});

afterEach(async () => {
  await client.close();
  await database.drop();
});

function start(): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [PROGRAM, database.uri], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => (output += data.toString()));
  return { child, output: () => output };
}

async function ended({ child }: { child: ChildProcess }): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('of several processes that start at once one migrates and all are ready', async () => {
  const started = [start(), start(), start()];
  expect(await Promise.all(started.map(ended))).toEqual([0, 0, 0]);
  const all = started.map(({ output }) => output()).join('');
  expect(all.match(/ready/g)).toHaveLength(3);
  // One line for each migration.
  expect(all.match(/The database was migrated/g)).toHaveLength(MIGRATIONS.length);
});

test('a process that was killed while it migrated is followed by one that completes the work', async () => {
  const killed = start();
  const { db } = { db: client.db(database.name) };
  // The first index is there, so the process is in the middle of its work.
  while (
    (await db.listCollections({ name: 'environments' }).toArray()).length === 0 &&
    killed.child.exitCode === null
  ) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  killed.child.kill('SIGKILL');
  await ended(killed);
  // What the clock of the database does 15 seconds later.
  await db
    .collection<{ _id: string }>('migrations')
    .updateOne({ _id: 'lock' }, { $set: { until: new Date(0) } });
  const next = start();
  expect(await ended(next)).toBe(0);
  expect(next.output()).toContain('ready');
  const indexes = await db.collection('tokenUses').listIndexes().toArray();
  expect(indexes.map(({ name }) => name as string)).toContain('expiry');
});
