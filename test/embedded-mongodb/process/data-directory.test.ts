import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { isRunning } from '../../../embedded-mongodb/process/data-directory.js';
import { type Workplace, bareEnv, connected, until, workplace } from '../workplace.js';

const HOLDER = fileURLToPath(new URL('./hold-database.mjs', import.meta.url));

/** Another process that uses the directory, as a second App would. */
async function holder(place: Workplace): Promise<AsyncDisposable & { app: ChildProcess; uri: string }> {
  const app = spawn(process.execPath, [HOLDER, place.folder], {
    env: bareEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(app.stdout, 'data')) as [Buffer];
  const pid = await place.serverPid();
  return {
    app,
    uri: line.toString().trim(),
    async [Symbol.asyncDispose]() {
      await kill(app);
      await until(() => !isRunning({ pid }));
    },
  };
}

/** A signal is only sent: the process may go on for a moment. */
async function kill(app: ChildProcess): Promise<void> {
  app.kill('SIGKILL');
  await until(() => app.signalCode !== null);
}

const kept = (uri: string): Promise<number> =>
  connected(uri, (client) => client.db().collection('kept').countDocuments());

test('what was written is there after a stop and a start', async () => {
  await using place = await workplace();
  const first = await place.find();
  await connected(first.uri, (client) => client.db().collection('kept').insertOne({ n: 1 }));
  await first.stop();
  const second = await place.find();
  expect(await kept(second.uri)).toBe(1);
});

test('a stopped database leaves no process and can be stopped twice', async () => {
  await using place = await workplace();
  const database = await place.find();
  const pid = await place.serverPid();
  await database.stop();
  expect(isRunning({ pid })).toBe(false);
  await database.stop();
});

test('a second process on the same data directory is told who holds it and what to do', async () => {
  await using place = await workplace();
  await using first = await holder(place);
  const second = place.find();
  await expect(second).rejects.toMatchObject({ code: 'conflict' });
  await expect(second).rejects.toThrow(
    `${join(place.folder, 'mongodb')} is in use by process ${first.app.pid}. Stop that process`,
  );
});

test('of two that start at the same moment one gets the directory and the other a clear error', async () => {
  await using place = await workplace();
  const results = await Promise.allSettled([place.find(), place.find()]);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toMatchObject({ code: 'conflict' });
});

test('a server that was killed without warning leaves no engine behind, its writes stay, and the next start succeeds', async () => {
  await using place = await workplace();
  await using first = await holder(place);
  const { app, uri } = first;
  const server = await place.serverPid();
  await connected(uri, (client) =>
    client
      .db()
      .collection('kept')
      .insertOne({ n: 1 }, { writeConcern: { w: 1, j: true } }),
  );
  await kill(app);
  const next = await place.find();
  expect(isRunning({ pid: server })).toBe(false);
  expect(await kept(next.uri)).toBe(1);
});

test('server and engine killed at the same moment: the next start replays the journal', async () => {
  await using place = await workplace();
  await using first = await holder(place);
  const { app, uri } = first;
  await connected(uri, (client) =>
    client
      .db()
      .collection('kept')
      .insertOne({ n: 1 }, { writeConcern: { w: 1, j: true } }),
  );
  const server = await place.serverPid();
  process.kill(server, 'SIGKILL');
  await kill(app);
  await until(() => !isRunning({ pid: server }));
  const next = await place.find();
  expect(await kept(next.uri)).toBe(1);
});

test.each([
  ['the number of a process that is gone', { pid: 2 ** 22 + 1 }],
  ['the number of another process that got it since', { pid: process.pid, started: '1' }],
])('a note with %s keeps nobody out', async (_what, app) => {
  await using place = await workplace();
  await mkdir(join(place.folder, 'mongodb'));
  await writeFile(join(place.folder, 'mongodb/held-by.json'), JSON.stringify({ app, server: app }));
  await expect(place.find()).resolves.toHaveProperty('uri');
});

test.each(['', '{', '[]', '{"app":{"pid":-1}}'])('a damaged note %p keeps nobody out', async (text) => {
  await using place = await workplace();
  await mkdir(join(place.folder, 'mongodb'));
  await writeFile(join(place.folder, 'mongodb/held-by.json'), text);
  await expect(place.find()).resolves.toHaveProperty('uri');
});
