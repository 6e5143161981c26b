import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendLogs, appendRuntimeLogs } from '../../../src/deployments/logs/append.js';
import { hashToken } from '../../../src/people/api-token.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { newDeployment, newEnvironment } from '../../support/builders.js';
import { type EventReader, readEvents } from '../../support/event-stream.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;
let ids = 0;
const batches = new Map<string, number>();

/** So quick that a test need not wait; the beats are far apart unless a test has its own server. */
const streams = { pollMs: 20, heartbeatMs: 60_000 };

beforeAll(async () => {
  app = await startApp({ streams });
});
afterAll(async () => {
  await app.close();
});

async function deployment(of: TestApp = app): Promise<string> {
  ids += 1;
  const id = ids.toString(16).padStart(24, '0');
  await of.ports.deployments.ensure(newDeployment({ id, run: { id: String(ids), attempt: 1, job: 'x' } }));
  return id;
}

async function append(id: string, texts: readonly string[], of: TestApp = app): Promise<void> {
  const seq = batches.get(id) ?? 0;
  batches.set(id, seq + 1);
  const at = new Date('2026-11-28T10:00:00Z');
  const lines = texts.map((text) => ({ at, stage: 'building', level: 'info' as const, text }));
  await appendLogs(of.ports, { deploymentId: id, seq, lines });
}

async function finish(id: string, of: TestApp = app): Promise<void> {
  const seen = await of.ports.deployments.get(id);
  if (!seen) throw new Error('There is no deployment.');
  await of.ports.deployments.change(seen, { status: DEPLOYMENT_STATUS.success, completedAt: new Date() });
}

const urlOf = (id: string, name = 'logs', of: TestApp = app) => `${of.url}/api/v1/deployments/${id}/${name}`;
const follow = (id: string, lastEventId?: string, of: TestApp = app) =>
  readEvents(urlOf(id, 'logs', of), { token: of.operatorToken, lastEventId });
const texts = (reader: EventReader) => reader.lines().map(({ number, text }) => `${number} ${text}`);
const names = (reader: EventReader) => reader.events.map(({ name }) => name);

test('a stream shows what is there, then each new line, and ends when the deployment has ended', async () => {
  const id = await deployment();
  await append(id, ['one', 'two']);
  const reader = await follow(id);
  expect(reader.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  await reader.until(() => reader.lines().length === 2);
  await append(id, ['three']);
  await reader.until(() => reader.lines().length === 3);
  await append(id, ['four', 'five']);
  await finish(id);
  await reader.ended;
  expect(texts(reader)).toEqual(['1 one', '2 two', '3 three', '4 four', '5 five']);
  expect(reader.events.at(-1)).toEqual({ name: 'end', id: '5', data: { reason: 'complete', last: 5 } });
  expect(reader.raw()).toMatch(/^retry: 1000\n\n/);
});

test('a reader that comes back gets what it missed, and none that has everything comes back again', async () => {
  const id = await deployment();
  await append(id, ['one', 'two', 'three']);
  const first = await follow(id);
  await first.until(() => first.lines().length === 3);
  first.close();
  await append(id, ['four']);
  const second = await follow(id, first.lastId());
  await second.until(() => second.lines().length === 1);
  expect(texts(second)).toEqual(['4 four']);
  const middle = await follow(id, '2');
  await middle.until(() => middle.lines().length === 2);
  expect(texts(middle)).toEqual(['3 three', '4 four']);
  await finish(id);
  await second.ended;
  expect((await follow(id, '4')).status).toBe(204);
  const late = await follow(id, '3');
  await late.ended;
  expect([texts(late), names(late)]).toEqual([['4 four'], ['lines', 'end']]);
});

test.each(['-1', '1e9', 'abc', '1.5'])('a Last-Event-ID of %j is refused', async (lastEventId) => {
  expect((await follow(await deployment(), lastEventId)).status).toBe(400);
});

test('a reader that names a line after the last one gets the next line', async () => {
  const id = await deployment();
  await append(id, ['one']);
  const reader = await follow(id, '999');
  await append(id, ['two']);
  await reader.until(() => reader.lines().length === 1);
  expect(texts(reader)).toEqual(['2 two']);
  reader.close();
});

test('many readers of one log that join at any time get every line once and in order', async () => {
  const id = await deployment();
  const readers: EventReader[] = [];
  const writing = (async () => {
    for (let batch = 0; batch < 40; batch += 1) await append(id, [`${batch} a`, `${batch} b`, `${batch} c`]);
  })();
  for (let count = 0; count < 15; count += 1) readers.push(await follow(id, String(count * 5)));
  await writing;
  await finish(id);
  for (const [index, reader] of readers.entries()) {
    await reader.ended;
    const numbers = reader.lines().map(({ number }) => number);
    const first = Math.min(index * 5, numbers[0] === undefined ? 0 : numbers[0] - 1) + 1;
    expect(numbers).toEqual(Array.from({ length: 120 - first + 1 }, (_, line) => first + line));
  }
});

test('a filter leaves lines out, and a level that nobody wrote leaves nothing but the end', async () => {
  const id = await deployment();
  const line = { at: new Date(), stage: 'building', text: 'x' } as const;
  await appendLogs(app.ports, {
    deploymentId: id,
    seq: 0,
    lines: [
      { ...line, level: 'info' },
      { ...line, level: 'error', text: 'bad' },
      { ...line, level: 'error', type: 'system', text: 'worse' },
    ],
  });
  await finish(id);
  const read = async (query: string) => {
    const reader = await readEvents(`${urlOf(id)}?${query}`, { token: app.operatorToken });
    await reader.ended;
    return texts(reader);
  };
  expect(await read('level=error')).toEqual(['2 bad', '3 worse']);
  expect(await read('level=error&type=build')).toEqual(['2 bad']);
  expect(await read('level=debug')).toEqual([]);
  expect(await read('from=3')).toEqual(['3 worse']);
});

test('no line forges an event or another field', async () => {
  const id = await deployment();
  const hostile = [
    'x\n\nevent: done\ndata: {}',
    '\r\n\r\nevent: end\r\ndata: {}\r\n\r\n',
    '\rid: 99\r',
    '\u2028event: x\u0085data: y',
    '\u001b]8;;http://x\u0007 \u001b[2J \u0000',
    ': comment',
  ];
  await append(id, hostile);
  await finish(id);
  const reader = await follow(id);
  await reader.ended;
  expect(names(reader)).toEqual(['lines', 'end']);
  expect(reader.lines().map(({ text }) => text)).toEqual([
    ...['x', '', 'event: done', 'data: {}'],
    ...['', '', 'event: end', 'data: {}', ''],
    'id: 99',
    ...['', 'event: x', 'data: y'],
    '  ',
    ': comment',
  ]);
  expect(reader.raw()).not.toMatch(/\r|\u001b|\u2028/);
});

test('a reader that stops reading holds little, is cut, and goes on where it was', async () => {
  const id = await deployment();
  const text = 'x'.repeat(1_000);
  const reader = await stalledReader(id);
  let written = 0;
  while (app.streams() > 0 && written < 40_000) {
    await append(
      id,
      Array.from({ length: 200 }, () => text),
    );
    written += 200;
  }
  expect(app.streams()).toBe(0);
  // The rest of what was written for it, and nothing of what came later.
  const received = await reader.rest();
  const last = [...received.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1];
  expect(received).toMatch(/event: resume\nid: \d+\ndata: \{"reason":"slow","last":\d+\}\n\n$/);
  await finish(id);
  const again = await follow(id, last);
  await again.ended;
  const numbers = again.lines().map(({ number }) => number);
  expect(numbers).toEqual(
    Array.from({ length: written - Number(last) }, (_, index) => Number(last) + 1 + index),
  );
});

/** A connection on which nothing is read until `rest`. */
async function stalledReader(id: string) {
  const { hostname, port, pathname } = new URL(urlOf(id));
  const socket: Socket = connect(Number(port), hostname);
  socket.pause();
  const head = [`GET ${pathname} HTTP/1.1`, `Host: ${hostname}:${port}`, 'Accept: text/event-stream'];
  socket.write([...head, `Authorization: Bearer ${app.operatorToken}`, '', ''].join('\r\n'));
  while (app.streams() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    rest: () =>
      new Promise<string>((resolve) => {
        let received = '';
        socket.setEncoding('utf8').on('data', (part: string) => (received += part));
        socket.on('close', () => resolve(received)).resume();
      }),
  };
}

test('a reader opens twenty streams and no more, and others still find a place', async () => {
  const id = await deployment();
  const token = 'vto_another';
  const scope = { kind: 'operator', name: 'another' } as const;
  await app.ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
  const readers = await Promise.all(Array.from({ length: 20 }, () => follow(id)));
  expect((await follow(id)).status).toBe(429);
  const other = await readEvents(urlOf(id), { token });
  expect(other.status).toBe(200);
  readers[0]?.close();
  while (app.streams() > 20) await new Promise((resolve) => setTimeout(resolve, 5));
  readers.push(await follow(id), other);
  expect(readers.map(({ status }) => status)).toEqual(readers.map(() => 200));
  for (const reader of readers) reader.close();
});

test('a runtime log is streamed while its preview is live, and ends with it', async () => {
  const id = await deployment();
  const at = new Date();
  const current = {
    deploymentId: id,
    sha: 's',
    url: 'u',
    at,
    reach: { kind: 'upstream', host: 'h', port: 1 },
  };
  const made = await app.ports.environments.ensure(newEnvironment({ id: 'e'.repeat(24) }));
  const live = await app.ports.environments.change(made, { patch: { current: current as never }, due: [] });
  await finish(id);
  const reader = await readEvents(urlOf(id, 'runtime-logs'), { token: app.operatorToken });
  const batch = { deploymentId: id, source: 'docker', writer: 'w', batch: 0 } as const;
  await appendRuntimeLogs(app.ports, { ...batch, lines: [{ at, level: 'info', text: 'listening' }] });
  await reader.until(() => reader.lines().length === 1);
  if (!live) throw new Error('The environment was not changed.');
  await app.ports.environments.change(live, { patch: { current: null }, due: [] });
  await reader.ended;
  expect(names(reader)).toEqual(['lines', 'end']);
});

test('a reader whose token was taken away gets nothing more, and the others do', async () => {
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  const own = await startApp({ clock, streams: { pollMs: 20, heartbeatMs: 20, recheckMs: 20 } });
  try {
    const id = await deployment(own);
    await append(id, ['one'], own);
    const token = 'vtr_ending';
    const scope = { kind: 'run', deploymentId: id, repoId: 1 } as const;
    const expiresAt = new Date(Date.now() + 600_000);
    await own.ports.tokens.issue({ hash: hashToken(token), scope, expiresAt });
    const [losing, staying] = [
      await readEvents(urlOf(id, 'logs', own), { token }),
      await follow(id, undefined, own),
    ];
    ahead = 600_000;
    await losing.ended;
    expect(losing.events.at(-1)).toMatchObject({ name: 'end', data: { reason: 'access' } });
    await append(id, ['two'], own);
    await staying.until(() => staying.lines().length === 2);
    expect(staying.raw()).toContain('\n:\n\n');
    expect((await readEvents(urlOf(id, 'logs', own), { token })).status).toBe(401);
    staying.close();
  } finally {
    await own.close();
  }
});

test('a server that stops lets its readers go on elsewhere, and does not wait for them', async () => {
  const own = await startApp({ streams });
  const id = await deployment(own);
  await append(id, ['one'], own);
  const reader = await follow(id, undefined, own);
  await reader.until(() => reader.lines().length === 1);
  await own.close();
  await reader.ended;
  expect(reader.events.at(-1)).toEqual({ name: 'resume', id: '1', data: { reason: 'restart', last: 1 } });
});

test('a stream answers HEAD with its headers alone', async () => {
  const id = await deployment();
  const headers = { accept: 'text/event-stream' };
  const response = await app.api(`/api/v1/deployments/${id}/logs`, { method: 'HEAD', headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
});
