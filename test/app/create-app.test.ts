import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { connectStore } from '../../app/store/connect.js';
import { DELIVERY_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { manifestRoot } from '../../src/uploads/manifest.js';
import { HEAD_SHA, newEnvironment } from '../support/builders.js';
import { freePort } from '../support/free-port.js';
import { sha } from '../support/preview-server.js';
import { dripping, rawHttp } from '../support/raw-http.js';
import { deliver, sign, startApp, type StartOptions, type TestApp } from '../support/start-app.js';
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { testDatabase } from '../support/test-database.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(options: StartOptions = {}): Promise<TestApp> {
  const app = await startApp(options);
  closers.push(app.close);
  return app;
}

/** A database that can be taken away. */
async function databaseBehindProxy(): Promise<{ proxy: TcpProxy; mongodbUri: string }> {
  const database = new URL(testDatabase().uri);
  const proxy = await tcpProxy({ host: database.hostname, port: Number(database.port) });
  closers.push(proxy.close);
  database.host = `127.0.0.1:${proxy.port}`;
  return { proxy, mongodbUri: database.href };
}

/** An app whose database can be taken away. */
async function startBehindProxy(): Promise<{ app: TestApp; proxy: TcpProxy }> {
  const { proxy, mongodbUri } = await databaseBehindProxy();
  return { proxy, app: await start({ secrets: { mongodbUri } }) };
}

const ping = (app: TestApp) => app.deliver({ event: 'ping', payload: { zen: 'x' } });
const statusOf = async (app: TestApp, path: string) => (await app.api(path, { token: null })).status;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('a server is healthy, ready and knows its own address', async () => {
  const app = await start();
  expect(app.url).toBe(`http://localhost:${app.port}`);
  expect([await statusOf(app, '/healthz'), await statusOf(app, '/readyz')]).toEqual([200, 200]);
  expect(app.ports.previewBase).toEqual({ protocol: 'http', domain: 'localhost', port: app.port });
});

test('every delivery that was acknowledged is in the inbox', async () => {
  const app = await start();
  const guids = Array.from({ length: 300 }, (_, index) => `burst-${index}`);
  const answers = await Promise.all(guids.map((guid) => app.deliver({ event: 'ping', payload: {}, guid })));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(300);
  await app.drain();
  const counts = await app.ports.inbox.counts();
  expect(counts).toMatchObject({ [DELIVERY_STATUS.ignored]: 300, [DELIVERY_STATUS.stored]: 0 });
});

test.each(['pause', 'cut'] as const)(
  'while the database is away (%s) deliveries are refused, and taken again afterwards',
  async (how) => {
    const { app, proxy } = await startBehindProxy();
    expect((await ping(app)).status).toBe(202);
    await app.drain();
    proxy[how]();
    const refused = await Promise.all(Array.from({ length: 10 }, () => ping(app)));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    expect([await statusOf(app, '/healthz'), await statusOf(app, '/readyz')]).toEqual([200, 503]);
    proxy.resume();
    await until(async () => (await ping(app)).status === 202);
    await until(async () => (await statusOf(app, '/readyz')) === 200);
  },
);

test.each(['pause', 'cut'] as const)(
  'while the database is away (%s) a preview is served, and one that was not visited before says when to come back',
  async (how) => {
    const { app, proxy } = await startBehindProxy();
    for (const name of ['pr-1', 'pr-2']) await publishPreview(app, name);
    expect(await visit(app, 'pr-1')).toMatch(/^HTTP\/1\.1 200[^]*pr-1 is here/);
    proxy[how]();
    await until(async () => (await statusOf(app, '/readyz')) === 503);
    expect(await visit(app, 'pr-1')).toMatch(/^HTTP\/1\.1 200[^]*pr-1 is here/);
    expect(await visit(app, 'pr-2')).toMatch(/^HTTP\/1\.1 503[^]*retry-after: 5[^]*unavailable for a moment/);
    proxy.resume();
    await until(async () => (await visit(app, 'pr-2')).includes('pr-2 is here'));
  },
);

/** A live preview, as a run leaves it behind. */
async function publishPreview({ ports }: TestApp, name: string): Promise<void> {
  const environment = await ports.environments.ensure(newEnvironment({ name }));
  const { projectId } = environment;
  const page = `<h1>${name} is here</h1>`;
  const file = { path: 'index.html', hash: sha(page), size: Buffer.byteLength(page) };
  const root = manifestRoot([file]);
  await ports.blobs.write({ ...file, content: [Buffer.from(page)] });
  await ports.artifacts.save({ projectId, root, files: [file], complete: true });
  const reach = { kind: 'files', root } as const;
  const current = { deploymentId: 'd'.repeat(24), sha: HEAD_SHA, url: environment.url, reach };
  const patch = { status: ENVIRONMENT_STATUS.ready, current: { ...current, at: new Date() } };
  await ports.environments.change(environment, { patch, due: [] });
}

/** Asks as a browser asks for the host of the preview, and answers all that came back. */
async function visit(app: TestApp, name: string): Promise<string> {
  const request = connect(app.port, '127.0.0.1').on('error', () => undefined);
  request.write(`GET / HTTP/1.1\r\nHost: ${name}-site.localhost\r\nConnection: close\r\n\r\n`);
  return text(request);
}

test('stalled bodies of a stranger make no room scarce: neither for deliveries nor for the API', async () => {
  const app = await start();
  const head = [
    'POST /api/github/webhooks HTTP/1.1',
    ...['Host: localhost', 'X-Forwarded-For: 203.0.113.9', 'Content-Type: application/json'],
    ...['X-GitHub-Event: ping', 'X-GitHub-Delivery: stalled', `X-Hub-Signature-256: ${sign('other')}`],
    ...['Content-Length: 200000', '', ''],
  ].join('\r\n');
  const stalled = Array.from({ length: 66 }, () => dripping(app.port, head + ' '.repeat(132 * 1024)));
  closers.push(async () => stalled.forEach((socket) => socket.destroy()));
  // The server is short of room when it ends the first of them.
  await Promise.race(stalled.map((socket) => once(socket, 'data')));
  const payload = { zen: 'x'.repeat(200_000) };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => app.deliver({ event: 'ping', payload })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
  const body = JSON.stringify({ lines: 'x'.repeat(200_000) });
  const headers = { 'content-type': 'application/json' };
  const answer = await app.api('/api/v1/deployments/x/logs', { method: 'POST', headers, body });
  expect(answer.status).not.toBe(503);
  const refusals = app.lines.filter((line) => line.includes('webhook refused'));
  expect(refusals).toHaveLength(1);
});

test('a webhook that comes before the database is found waits for it and is stored', async () => {
  const { proxy, mongodbUri } = await databaseBehindProxy();
  proxy.pause();
  const port = await freePort();
  const starting = start({ config: { port }, secrets: { mongodbUri } });
  const url = `http://localhost:${port}`;
  await until(() => isUp(url));
  const delivery = deliver(url, { event: 'ping', payload: { zen: 'x' }, guid: 'early' });
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
  proxy.resume();
  expect((await delivery).status).toBe(202);
  const app = await starting;
  await app.drain();
  const { items } = await app.ports.inbox.list({}, { limit: 10 });
  expect(items).toMatchObject([{ guid: 'early', status: DELIVERY_STATUS.ignored }]);
});

test('webhooks are stored while a database that is in use is migrated, and handled afterwards', async () => {
  const { uri: mongodbUri, drop } = testDatabase();
  closers.push(drop);
  await (await connectStore({ uri: mongodbUri, log: () => undefined })).close();
  const client = await mongo.MongoClient.connect(mongodbUri);
  closers.push(() => client.close());
  const migrations = client.db().collection<{ _id: string }>('migrations');
  // As an older program leaves it; another process is at its migration.
  await migrations.deleteOne({ _id: '0003' });
  await migrations.updateOne({ _id: 'lock' }, { $set: { until: new Date(Date.now() + 3_600_000) } });
  const port = await freePort();
  const starting = start({ config: { port }, secrets: { mongodbUri } });
  const url = `http://localhost:${port}`;
  await until(() => isUp(url));
  const ping = { event: 'ping', payload: { zen: 'x' }, guid: 'meanwhile' };
  expect((await deliver(url, ping)).status).toBe(202);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  await migrations.updateOne({ _id: 'lock' }, { $set: { until: new Date(0) } });
  const app = await starting;
  await app.drain();
  expect(await app.ports.inbox.counts()).toMatchObject({ [DELIVERY_STATUS.ignored]: 1 });
});

const isUp = (url: string) =>
  fetch(`${url}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

test('slow clients do not delay a delivery', async () => {
  const app = await start();
  const head = 'POST /api/github/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const half = `${head}X-GitHub-Event: ping\r\nX-GitHub-Delivery: slow\r\nContent-Length: 100000\r\n\r\n{"a":`;
  const slow = Array.from({ length: 200 }, (_, index) => dripping(app.port, index % 2 ? half : head));
  closers.push(async () => slow.forEach((socket) => socket.destroy()));
  await Promise.all(
    slow.map((socket) => socket.pending && new Promise((resolve) => socket.once('connect', resolve))),
  );
  expect((await ping(app)).status).toBe(202);
  expect(slow.some((socket) => !socket.destroyed)).toBe(true);
});

test('eight endless bodies without a valid signature are refused before all of them is read', async () => {
  const app = await start();
  let read = 0;
  const flood = Array.from({ length: 8 }, () =>
    fetch(`${app.url}/api/github/webhooks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'ping',
        'x-github-delivery': 'flood',
        'x-hub-signature-256': sign('other'),
      },
      body: endless(100, () => (read += 1)),
      duplex: 'half',
    } as RequestInit).then(
      ({ status }) => status,
      () => 'cut off' as const,
    ),
  );
  for (const answer of await Promise.all(flood)) expect(['cut off', 413, 503]).toContain(answer);
  expect((await ping(app)).status).toBe(202);
  // GitHub sends 25 at most; what is on the way comes on top.
  expect(read).toBeLessThan(8 * 40);
});

test('what a request did not get to say is no reason to keep its connection', async () => {
  const app = await start();
  const answer = await rawHttp(
    app.port,
    'PATCH /api/v1/deployments/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 401/);
});

test('closing answers what was asked before, stores it, and then takes nothing more', async () => {
  const app = await start();
  const asked = Array.from({ length: 50 }, (_, index) =>
    app.deliver({ event: 'ping', payload: {}, guid: `last-${index}` }),
  );
  await new Promise(setImmediate);
  const closing = app.close();
  const answers = await Promise.allSettled(asked);
  await closing;
  // Whoever got no answer at all is delivered again; whoever got one must be stored.
  for (const answer of answers) if (answer.status === 'fulfilled') expect(answer.value.status).toBe(202);
  await expect(ping(app)).rejects.toThrow();
  closers.splice(0);
});

test('a port that is taken is told at once, in a sentence that helps', async () => {
  const app = await start();
  await expect(startApp({ config: { port: app.port } })).rejects.toThrow(/another program uses it; set PORT/);
});

test('a database that is not there stops the start', async () => {
  const missing = startApp({ secrets: { mongodbUri: 'mongodb://127.0.0.1:9/x' } });
  await expect(missing).rejects.toThrow(/MONGODB_URI/);
});

function endless(megabytes: number, onRead: () => void): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let left = megabytes;
  return new ReadableStream({
    pull(controller) {
      left -= 1;
      if (left < 0) return controller.close();
      onRead();
      controller.enqueue(chunk);
    },
  });
}
