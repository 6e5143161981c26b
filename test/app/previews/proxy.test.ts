import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createRawServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createProxy } from '../../../app/previews/proxy.js';
import { eventually } from '../../../demo/expect.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { newEnvironment } from '../../support/builders.js';
import { startApp, type TestApp } from '../../support/start-app.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const LABEL = 'pr-1-site';
let app: TestApp;
let answer: Answer;
const program = createServer((request, response) => answer(request, response));

beforeAll(async () => {
  program.listen(0, '127.0.0.1');
  await once(program, 'listening');
  app = await startApp();
  await show(LABEL, (program.address() as AddressInfo).port);
});
beforeEach(() => {
  answer = (_request, response) => response.end('hello');
});
afterAll(async () => {
  await app.close();
  program.closeAllConnections();
  program.close();
});

/** An environment that a program on this port answers for. */
async function show(slug: string, port: number): Promise<void> {
  const { environments } = app.ports;
  const made = await environments.ensure(newEnvironment({ slug, name: slug, repoId: port }));
  const reach = { kind: 'upstream', host: '127.0.0.1', port } as const;
  const current = { deploymentId: 'd'.repeat(24), sha: 'a'.repeat(40), url: made.url, reach, at: new Date() };
  await environments.change(made, { patch: { status: ENVIRONMENT_STATUS.ready, current }, due: [] });
}

const hostOf = (label: string) => `${label}.localhost:${String(app.port)}`;
const to = (label: string, more: object = {}) => ({
  ...{ host: '127.0.0.1', port: app.port, agent: false as const },
  ...more,
  headers: { host: hostOf(label), ...(more as { headers?: object }).headers },
});

async function visit(more: object = {}, label = LABEL): Promise<IncomingMessage & { readonly body: string }> {
  const sent = get(to(label, more));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return Object.assign(response, { body: await text(response) });
}

test('a program gets what the visitor sent, and our own words for who and where', async () => {
  let got: readonly string[] = [];
  answer = ({ rawHeaders }, response) => {
    got = rawHeaders;
    response.end();
  };
  const headers = {
    accept: 'text/plain',
    cookie: 'a=1',
    'x-forwarded-host': 'evil',
    forwarded: 'for=evil',
    'x-real-ip': '8.8.8.8',
    connection: 'close, x-secret',
    'x-secret': 'hop',
    te: 'trailers',
  };
  await visit({ path: '/a?b=%2e', headers });
  expect(got).toEqual([
    ...['accept', 'text/plain', 'cookie', 'a=1', 'host', hostOf(LABEL)],
    ...['x-forwarded-for', '127.0.0.1', 'x-forwarded-host', hostOf(LABEL), 'x-forwarded-proto', 'http'],
    ...['Connection', 'keep-alive'],
  ]);
});

test('its answer keeps status and headers, but nothing that reaches other hosts', async () => {
  answer = (_request, response) => {
    response.writeHead(418, {
      'set-cookie': ['a=1; Domain=localhost; Path=/', 'b=2; HttpOnly'],
      'strict-transport-security': 'max-age=1; includeSubDomains',
      'clear-site-data': '"*"',
      'alt-svc': 'h3=":443"',
      'service-worker-allowed': '/',
      'x-robots-tag': 'all',
      'referrer-policy': 'origin',
      connection: 'x-hop',
      'x-hop': '1',
      'x-own': '1',
    });
    response.end('teapot');
  };
  const { statusCode, headers, body } = await visit();
  expect([statusCode, body]).toEqual([418, 'teapot']);
  expect(headers).toMatchObject({
    'set-cookie': ['a=1; Path=/', 'b=2; HttpOnly'],
    'strict-transport-security': 'max-age=1',
    'x-robots-tag': 'noindex',
    'referrer-policy': 'origin',
    'x-own': '1',
  });
  for (const name of ['alt-svc', 'clear-site-data', 'service-worker-allowed', 'x-hop'])
    expect(headers).not.toHaveProperty(name);
});

test('bodies of any method are streamed, whole and in order', async () => {
  answer = (request, response) => void request.pipe(response);
  const piece = Buffer.alloc(256 * 1024, 'x');
  const sent = ask(to(LABEL, { method: 'PUT', path: '/upload' }));
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  for (let piecesSent = 0; piecesSent < 40; piecesSent += 1)
    if (!sent.write(piece)) await once(sent, 'drain');
  sent.end();
  const [response] = await answered;
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) length += chunk.length;
  expect(length).toBe(40 * piece.length);
});

test('a program may answer before it has read everything', async () => {
  answer = (_request, response) => response.writeHead(413).end('too much');
  const sent = ask(to(LABEL, { method: 'PUT', path: '/upload' }));
  sent.on('error', () => undefined);
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  sent.write(Buffer.alloc(256 * 1024, 'x'));
  const [response] = await answered;
  expect([response.statusCode, await text(response)]).toEqual([413, 'too much']);
  sent.destroy();
});

test('an idle connection that the program has closed is replaced', async () => {
  await visit();
  program.closeIdleConnections();
  expect((await visit()).body).toBe('hello');
});

test('events arrive one by one, and a visitor who leaves ends the request', async () => {
  let left = false;
  answer = (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write('data: 1\n\n');
    request.on('close', () => (left = true));
  };
  const sent = get(to(LABEL));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const [first] = (await once(response, 'data')) as [Buffer];
  expect(first.toString()).toBe('data: 1\n\n');
  expect(response.headers['x-accel-buffering']).toBe('no');
  sent.destroy();
  await eventually(async () => left, { until: Boolean, otherwise: 'The program was not told.' });
});

test('a small answer leaves in one piece', async () => {
  const socket = connect(app.port, '127.0.0.1');
  socket.write(`GET / HTTP/1.1\r\nhost: ${hostOf(LABEL)}\r\n\r\n`);
  const [piece] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  expect(piece.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhello$/);
});

test('an answer that breaks off is no whole answer', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('half');
    setImmediate(() => response.destroy());
  };
  await expect(visit()).rejects.toThrow(/aborted/);
});

test('a page says that nothing listens', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  await show('pr-2-site', port);
  const { statusCode, headers, body } = await visit({}, 'pr-2-site');
  expect([statusCode, headers['retry-after']]).toEqual([502, '5']);
  expect(body).toContain('This preview does not answer');
});

test('a program that never answers is given up', async () => {
  answer = () => undefined;
  const proxy = createProxy({ previewBase: { protocol: 'http', domain: 'localhost' }, firstByteMs: 50 });
  const front = createServer((request, response) => {
    const { port } = program.address() as AddressInfo;
    const preview = { kind: 'upstream', deploymentId: 'd', host: '127.0.0.1', port } as const;
    void proxy.pass({ label: LABEL, preview, request, response }).then((failure) => response.end(failure));
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const response = await fetch(`http://127.0.0.1:${String((front.address() as AddressInfo).port)}`);
  expect(await response.text()).toBe('silent');
  proxy.close();
  front.close();
});

/** A program that says these words, whatever it is asked, one after the other on each connection. Instead of null it closes the connection. */
async function showRaw(slug: string, answers: readonly (string | null)[]) {
  let connections = 0;
  const requests: string[] = [];
  const server = createRawServer((socket) => {
    connections += 1;
    let asked = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      requests.push(bytes.toString('latin1').split(' ', 1).join());
      const said = answers[asked++] ?? null;
      if (said === null) socket.destroy();
      else socket.write(said, 'latin1');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await show(slug, (server.address() as AddressInfo).port);
  return { connections: () => connections, requests, close: () => server.close() };
}

const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('a connection is used again, but not when something is left on it', async () => {
  const polite = await showRaw('pr-3-site', [HELLO, HELLO]);
  const intruding = await showRaw('pr-4-site', [
    `${HELLO}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`,
    'evil',
  ]);
  for (const label of ['pr-3-site', 'pr-3-site', 'pr-4-site', 'pr-4-site'])
    expect((await visit({}, label)).body).toBe('hello');
  expect([polite.connections(), intruding.connections()]).toEqual([1, 2]);
  polite.close();
  intruding.close();
});

test('a request that may have done something is not sent again', async () => {
  const closing = await showRaw('pr-6-site', [HELLO, null]);
  await visit({}, 'pr-6-site');
  expect((await visit({}, 'pr-6-site')).body).toBe('hello');
  expect((await visit({ method: 'POST' }, 'pr-6-site')).statusCode).toBe(502);
  expect(closing.requests).toEqual(['GET', 'GET', 'GET', 'POST']);
  closing.close();
});

test.each([
  ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello'],
  ['a header that ends a line', 'HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 5\r\n\r\nhello'],
])('an answer with %s is none', async (what, answered) => {
  const label = `pr-5-${String(what.length)}`;
  const program = await showRaw(label, [answered]);
  const { statusCode, statusMessage, body } = await visit({}, label);
  expect([statusCode, statusMessage]).toEqual([502, 'Bad Gateway']);
  expect(body).toContain('This preview does not answer');
  program.close();
});

test('more visitors than connections are answered in turn', async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  let open = 0;
  answer = (_request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => (open -= 1));
    held.push(response);
    if (held.length >= 256) for (const one of held.splice(0)) one.end('hello');
    else if (most === 256) held.splice(0).forEach((one) => one.end('hello'));
  };
  const bodies = await Promise.all(Array.from({ length: 300 }, async () => (await visit()).body));
  expect(bodies).toEqual(Array.from({ length: 300 }, () => 'hello'));
  expect(most).toBe(256);
});

test('TRACE is refused, and the paths of the server stay its own', async () => {
  expect((await visit({ method: 'TRACE' })).statusCode).toBe(405);
  const status = await visit({ path: '/.well-known/vitrine/status' });
  expect(JSON.parse(status.body)).toEqual({ state: 'live', live: true });
});

/** Sends the head of a request for another protocol, and what should follow. */
async function upgrade(label: string, protocol: string): Promise<{ socket: Socket; head: string }> {
  const socket = connect(app.port, '127.0.0.1');
  socket.write(
    `GET /socket HTTP/1.1\r\nhost: ${hostOf(label)}\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\nsec-websocket-key: abc\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  return { socket, head: head.toString() };
}

test('a WebSocket is joined with the program, both ways, until one side leaves', async () => {
  let gone = false;
  program.once('upgrade', ({ headers }: IncomingMessage, socket: Socket) => {
    const key = String(headers['sec-websocket-key']);
    socket.write(
      `HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${key}\r\n\r\n`,
    );
    socket.on('data', (bytes) => socket.write(`echo ${String(bytes)}`));
    socket.on('end', () => (gone = true));
  });
  const { socket, head } = await upgrade(LABEL, 'websocket');
  expect(head).toMatch(/^HTTP\/1.1 101 [^]*sec-websocket-accept: abc/);
  socket.write('hello');
  const [echo] = (await once(socket, 'data')) as [Buffer];
  expect(echo.toString()).toBe('echo hello');
  socket.destroy();
  await eventually(async () => gone, { until: Boolean, otherwise: 'The program still holds the socket.' });
});

test.each([
  ['another protocol', LABEL, 'h2c', 400],
  ['a preview that is not there', 'pr-9-site', 'websocket', 503],
])('%s is refused', async (_what, label, protocol, status) => {
  const { head, socket } = await upgrade(label, protocol);
  socket.destroy();
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
});
