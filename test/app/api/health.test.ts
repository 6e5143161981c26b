import { expect, test } from '@jest/globals';
import { createReadiness } from '../../../app/api/server.js';
import type { Ports } from '../../../app/ports.js';
import type { InboxStore } from '../../../src/deliveries/store.js';

const now = new Date('2026-11-20T12:00:00Z');
const here = async () => undefined;
const away = async () => Promise.reject(new Error('The database does not answer.'));

/** What is answered, when the next delivery has been waiting since then. */
async function readiness(waitingSince: InboxStore['waitingSince'], ping: () => Promise<void> = here) {
  const ports = { inbox: { waitingSince }, clock: { now: () => now } } as unknown as Ports;
  const { status, body } = await createReadiness(ping)(ports, {} as never);
  return { status, body };
}

test.each([
  ['no delivery waits', null, 0],
  ['one has been waiting for a minute and a half', new Date(now.getTime() - 90_999), 90],
  ['the clocks differ', new Date(now.getTime() + 5_000), 0],
])('a server is ready and answers its lag, when %s', async (_what, since, lagSeconds) => {
  const body = { ok: true, database: 'up', lagSeconds };
  expect(await readiness(async () => since)).toEqual({ status: 200, body });
});

test('a server without its database is not ready, and its lag is unknown', async () => {
  const body = { ok: false, database: 'down', lagSeconds: null };
  expect(await readiness(away, away)).toEqual({ status: 503, body });
});

test('a server stays ready when its lag cannot be read in time', async () => {
  const body = { ok: true, database: 'up', lagSeconds: null };
  expect(await readiness(() => new Promise(() => undefined))).toEqual({ status: 200, body });
});
