import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EventStream, eventOf, openEventStream } from '../../../app/http/event-stream.js';

let server: Server;
let opened: (stream: EventStream) => void;

beforeAll(async () => {
  server = createServer((_request, response) => opened(openEventStream(response, {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function open() {
  const stream = new Promise<EventStream>((resolve) => (opened = resolve));
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  request.on('error', () => undefined);
  const response = new Promise<NodeJS.ReadableStream>((resolve) => request.once('response', resolve));
  return { stream: await stream, response: await response, request };
}

test('a client that does not read holds at most 256 KiB, gets a last event and no part of another', async () => {
  const { stream, response } = await open();
  const part = eventOf({ name: 'lines', id: 1, data: 'x'.repeat(40_000) });
  let most = 0;
  for (let count = 0; count < 1_000 && stream.write(part); count += 1) {
    most = Math.max(most, stream.held());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(most).toBeGreaterThan(100_000);
  expect(most).toBeLessThanOrEqual(256 * 1024);
  stream.end(eventOf({ name: 'resume', data: {} }));
  expect([stream.isOpen(), stream.write(part)]).toEqual([false, false]);
  let received = '';
  response.on('data', (bytes: Buffer) => (received += bytes.toString()));
  await new Promise((resolve) => response.on('end', resolve));
  const events = received.split('\n\n');
  expect(events.at(-2)).toBe('event: resume\ndata: {}');
  expect(new Set(events.slice(0, -2)).size).toBe(1);
});

test('whoever waits for a client that leaves is told', async () => {
  const { stream, request } = await open();
  const part = Buffer.alloc(128 * 1024, 'x');
  while (stream.held() < 100_000 && stream.write(part)) await new Promise((resolve) => setImmediate(resolve));
  const closed = new Promise<void>((resolve) => stream.onClose(resolve));
  const drained = stream.drained();
  request.destroy();
  await Promise.all([closed, drained]);
  expect(stream.isOpen()).toBe(false);
  // Also those who ask later.
  await new Promise<void>((resolve) => stream.onClose(resolve));
});
