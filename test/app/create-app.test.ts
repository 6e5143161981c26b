import { afterEach, expect, test } from '@jest/globals';
import { DELIVERY_STATUS } from '../../src/shared/status/words.js';
import { dripping, rawHttp } from '../support/raw-http.js';
import { sign, startApp, type StartOptions, type TestApp } from '../support/start-app.js';
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

/** An app whose database can be taken away. */
async function startBehindProxy(): Promise<{ app: TestApp; proxy: TcpProxy }> {
  const database = new URL(testDatabase().uri);
  const proxy = await tcpProxy({ host: database.hostname, port: Number(database.port) });
  closers.push(proxy.close);
  database.host = `127.0.0.1:${proxy.port}`;
  return { proxy, app: await start({ secrets: { mongodbUri: database.href } }) };
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
