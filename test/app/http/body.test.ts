import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { BODY_LIMITS, createBodyBudget } from '../../../app/http/body-budget.js';
import { readBody } from '../../../app/http/body.js';
import type { VitrineError } from '../../../src/shared/errors.js';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

const RULES = { maxBytes: 1_000, timeoutMs: 60_000, idleMs: 60_000, budget: createBodyBudget() };

/** A server that reads bodies by these rules, and how each reading ended: with a length or an error. */
async function reader(rules: Partial<typeof RULES>) {
  const ends: (number | VitrineError)[] = [];
  const server = createServer((request, response) => {
    readBody(request, { ...RULES, ...rules })
      .then(
        (body) => void ends.push(body.length),
        (error: VitrineError) => void ends.push(error),
      )
      .finally(() => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, ends };
}

function send(port: number, from: string, part: string): Socket {
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${from}\r\nContent-Length: 1000\r\n\r\n`;
  const socket = connect(port, '127.0.0.1', () => socket.write(head + part));
  closers.push(() => socket.destroy());
  return socket.on('error', () => undefined);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const SLOW = { code: 'bad_request', message: expect.stringContaining('too slowly') };

test('a body that stands still is cut long before its time is over', async () => {
  const { port, ends } = await reader({ idleMs: 20 });
  send(port, '203.0.113.1', 'x'.repeat(500));
  await until(() => ends.length === 1);
  expect(ends).toEqual([expect.objectContaining(SLOW)]);
});

test('a body that drips is cut when its time is over', async () => {
  const { port, ends } = await reader({ timeoutMs: 50 });
  const socket = send(port, '203.0.113.1', 'x');
  const dripping = setInterval(() => socket.write('x'), 5);
  closers.push(() => clearInterval(dripping));
  await until(() => ends.length === 1);
  expect(ends).toEqual([expect.objectContaining(SLOW)]);
});

test('bodies of one address that fill the room are ended for a body of another address', async () => {
  const budget = createBodyBudget({ ...BODY_LIMITS, light: 100, heavy: 3 });
  const { port, ends } = await reader({ budget });
  for (let index = 0; index < 3; index += 1) send(port, '203.0.113.1', 'x'.repeat(500));
  await until(() => budget.inFlight() === 3);
  const good = send(port, '203.0.113.2', 'x'.repeat(900));
  await until(() => ends.length === 1);
  expect(ends).toEqual([expect.objectContaining({ code: 'unavailable' })]);
  good.write('x'.repeat(100));
  await until(() => ends.length === 2);
  expect(ends[1]).toBe(1_000);
});
