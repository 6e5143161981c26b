import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { connectStore, type Store } from '../../../app/store/connect.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { delivery, newEnvironment } from '../../support/builders.js';
import { testDatabase } from '../../support/test-database.js';
import { breakableWire, type BreakableWire } from './breakable-wire.js';
import { silent } from './empty-stores.js';

const database = testDatabase();
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});
afterAll(() => database.drop());

async function connected(uri: string): Promise<Store> {
  const store = await connectStore({ uri, log: silent });
  opened.push(store);
  return store;
}

async function wired(): Promise<BreakableWire> {
  const wire = await breakableWire(database.uri);
  opened.push({ close: wire.cut });
  return wire;
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
}

test('a fresh database is ready after connecting, and again after connecting twice', async () => {
  const first = await connected(database.uri);
  const made = await first.stores.environments.ensure(newEnvironment());
  const second = await connected(database.uri);
  expect(await second.stores.environments.get(made.id)).toEqual(made);
  await first.ping();
  await first.close();
  await second.ping();
});

test('a port where nobody listens is a failure, and the password is not told', async () => {
  const uri = 'mongodb://ada:hunter2@127.0.0.1:1/x';
  const error = await failureOf(() => connectStore({ uri, log: silent }));
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('MONGODB_URI') });
  expect(String(error)).not.toContain('hunter2');
});

test('a server that never says a word is given up', async () => {
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const error = await failureOf(() => connectStore({ uri: `mongodb://127.0.0.1:${port}/x`, log: silent }));
  mute.close();
  expect(error).toMatchObject({ code: 'unavailable' });
});

test('an address that is none is refused at once', async () => {
  const error = await failureOf(() => connectStore({ uri: 'http://127.0.0.1', log: silent }));
  expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('MONGODB_URI') });
});

test('no option of the address makes writes less durable or reads older', async () => {
  const options = 'journal=false&w=0&readPreference=secondaryPreferred';
  const uri = `${database.uri}${database.uri.includes('?') ? '&' : '?'}${options}`;
  const sent: Readonly<Record<string, unknown>>[] = [];
  const connection = await openConnection({ uri, log: silent, onCommand: (command) => sent.push(command) });
  opened.push(connection);
  const things = connection.getClient().db(connection.name).collection('things');
  await things.insertOne({ n: 1 });
  expect(sent[0]).toMatchObject({ insert: 'things', writeConcern: { j: true } });
  expect(sent[0]).not.toMatchObject({ writeConcern: { w: 0 } });
  expect(things.readPreference?.mode).toBe('primary');
});

test('in an outage everything fails, and works again when the database is back', async () => {
  const wire = await wired();
  const store = await connected(wire.uri);
  await wire.cut();
  const { stores } = store;
  const works: (() => Promise<unknown>)[] = [
    () => stores.inbox.store([delivery()]),
    () => stores.environments.ensure(newEnvironment()),
    () => stores.environments.claim('report', { owner: 'w', leaseMs: 1 }),
    () => stores.tokens.useOnce('jti', new Date()),
    () => store.ping(),
  ];
  const failures = await Promise.all(works.map(failureOf));
  for (const error of failures) {
    expect(error).toMatchObject({ code: 'unavailable' });
  }
  await wire.mend();
  await stores.inbox.store([delivery()]);
  expect(await stores.inbox.counts()).toMatchObject({ stored: 1 });
});

test('a connection that breaks under a write costs nothing: the write is made again', async () => {
  const wire = await wired();
  const store = await connected(wire.uri);
  for (let index = 0; index < 5; index += 1) {
    wire.breakConnections();
    await store.stores.inbox.store([delivery({ guid: `broken-${index}` })]);
  }
  expect(
    (await store.stores.inbox.claim({ owner: 'w', leaseMs: 1, limit: 50 })).length,
  ).toBeGreaterThanOrEqual(5);
});

test('closing on purpose is not reported as an unreachable database', async () => {
  const database = testDatabase();
  const lines: string[] = [];
  const store = await connectStore({ uri: database.uri, log: (_level, message) => void lines.push(message) });
  await store.close();
  expect(lines.filter((line) => line.includes('not reachable'))).toEqual([]);
  await database.drop();
});
