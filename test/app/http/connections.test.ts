import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpServer } from '../../../app/http/server.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Answering = (response: ServerResponse, path: string) => void;

/** The real server, whose API answers as the test says. */
async function serve(answer: Answering, stalledMs?: number) {
  const sockets: Socket[] = [];
  const notHere = () => undefined;
  const server = createHttpServer(
    () => ({
      siteOf: () => ({ kind: 'app' }),
      webhooks: notHere,
      previews: notHere,
      registry: notHere,
      sockets: notHere,
      api: (request, response) => answer(response, request.url ?? ''),
      log: notHere,
    }),
    stalledMs,
  );
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function open(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  closers.push(async () => void socket.destroy());
  return socket.on('error', () => undefined);
}

/** All that a client receives until the connection ends. */
async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const GARBAGE = 'this is\0no HTTP\r\n\r\n';
const REFUSAL = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

test('bytes that are no HTTP are answered with 400', async () => {
  const { port } = await serve(() => undefined);
  expect(await received(open(port, GARBAGE))).toBe(REFUSAL);
});

test('bytes that are no HTTP never end up inside an answer that is being sent', async () => {
  const half = 'a'.repeat(1_000_000);
  let finish: () => void = () => undefined;
  const { port } = await serve((response) => {
    response.writeHead(200, { 'content-length': 2 * half.length });
    response.write(half);
    finish = () => response.end(half);
  });
  const client = open(port, get('/file'));
  const whole = received(client);
  await once(client, 'data');
  client.write(GARBAGE);
  // The server has read the garbage when it answers what came later over another connection.
  const other = open(port, GARBAGE);
  expect(await received(other)).toBe(REFUSAL);
  finish();
  const [head = '', ...rest] = (await whole).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200/);
  expect(rest.join('\r\n\r\n')).toBe(`${half}${half}${REFUSAL}`);
});

test('an answer that has not begun yet comes before the refusal of what was sent after its request', async () => {
  const waiting: ServerResponse[] = [];
  const { port } = await serve((response) => void waiting.push(response));
  const whole = received(open(port, `${get('/first')}${get('/second')}${GARBAGE}`));
  await until(() => waiting.length === 2);
  for (const response of waiting.reverse()) response.end(response.req.url);
  const text = await whole;
  const places = ['/first', '/second', REFUSAL].map((part) => text.indexOf(part));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('a body that is no HTTP is refused at once', async () => {
  const { port } = await serve(() => undefined);
  const head = 'POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(await received(open(port, `${head}not a length\r\n`))).toBe(REFUSAL);
});

const LARGE = Buffer.alloc(64 * 1024 * 1024, 'x');

test('a client that takes nothing of its answer any more loses its connection', async () => {
  const { port, sockets } = await serve((response) => response.end(LARGE), 100);
  open(port, get('/file')).pause();
  await until(() => sockets.length === 1);
  const [socket] = sockets as [Socket];
  await once(socket, 'close');
  expect(socket.bytesWritten).toBeGreaterThan(0);
  expect(socket.writableLength).toBe(0);
});

test('a client that reads slowly gets its whole answer', async () => {
  const { port, sockets } = await serve((response) => response.end(LARGE), 700);
  const client = open(port, get('/file'));
  let bytes = 0;
  let sinceRest = 0;
  client.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    sinceRest += chunk.length;
    if (sinceRest < 2 * 1024 * 1024) return;
    sinceRest = 0;
    // Each rest is much shorter than the limit; together they are longer.
    client.pause();
    setTimeout(() => client.resume(), 50);
  });
  await until(() => bytes >= LARGE.length);
  expect(sockets[0]?.destroyed).toBe(false);
});

test('a client is not blamed for an answer that the server has not begun', async () => {
  let answer: ServerResponse | undefined;
  const { port, sockets } = await serve((response) => void (answer = response), 20);
  const client = open(port, get('/slow'));
  await until(() => answer !== undefined);
  await once(sockets[0] as Socket, 'timeout');
  answer?.end('at last');
  const [first] = (await once(client, 'data')) as [Buffer];
  expect(first.toString()).toContain('at last');
});
