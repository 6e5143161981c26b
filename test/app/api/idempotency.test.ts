import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createStores } from '../../../app/store/connect.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { hashToken } from '../../../src/people/api-token.js';
import { defaultSettings } from '../../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { newEnvironment } from '../../support/builders.js';
import { silent } from '../store/empty-stores.js';
import { startApp, type TestApp } from '../../support/start-app.js';
import { migratedDatabase } from '../../support/test-database.js';

const DAY = 24 * 60 * 60_000;
const database = migratedDatabase();
let now = Date.now();
let app: TestApp;
let other: TestApp;
/** Longer than the life of a preview allows, so that each extension that is carried out changes its end. */
let path: string;
let id: string;

beforeAll(async () => {
  const shared = { secrets: { mongodbUri: database.uri }, clock: { now: () => new Date(now) } };
  app = await startApp(shared);
  other = await startApp(shared);
  const { environments } = app.ports;
  const settings = { ...defaultSettings(), limits: { ...defaultSettings().limits, ttl: '300d' } };
  const made = await environments.ensure(newEnvironment({ settings }));
  const patch = { status: ENVIRONMENT_STATUS.ready, expiresAt: new Date(now + DAY) };
  await environments.change(made, { patch, due: [] });
  ({ id } = made);
  path = `/api/v1/environments/${id}/extend`;
});
afterAll(async () => {
  await other.close();
  await app.close();
  await database.drop();
});

const extend = (key: string | null, duration = '1d', by: TestApp = app) =>
  by.api(path, {
    method: 'POST',
    token: app.operatorToken,
    headers: { 'content-type': 'application/json', ...(key !== null && { 'idempotency-key': key }) },
    body: JSON.stringify({ duration }),
  });

const endOf = async () => (await app.ports.environments.get(id))?.expiresAt?.getTime() ?? 0;

test('the same request with the same key is carried out once, in any process, and answered alike', async () => {
  const before = await endOf();
  const first = await extend('key-1');
  const again = [await extend('key-1'), await extend('key-1', '1d', other)];
  const answer: unknown = await first.json();
  expect(await Promise.all(again.map((one) => one.json()))).toEqual([answer, answer]);
  expect(again.map(({ status, headers }) => [status, headers.get('idempotent-replayed')])).toEqual([
    [200, 'true'],
    [200, 'true'],
  ]);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(await endOf()).toBe(before + DAY);
  await extend('key-2');
  await extend(null);
  expect(await endOf()).toBe(before + 3 * DAY);
});

test('of many equal requests at once one is carried out; the others wait for its answer or get it', async () => {
  const before = await endOf();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => extend('key-3', '1d', index % 2 === 0 ? app : other)),
  );
  for (const { status, headers } of answers) {
    expect([200, 409]).toContain(status);
    if (status === 409) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  expect(await endOf()).toBe(before + DAY);
});

test('a key that was used for another request is refused, and a key that cannot be one too', async () => {
  await extend('key-4');
  const before = await endOf();
  expect((await extend('key-4', '2d')).status).toBe(422);
  expect((await extend('two words')).status).toBe(400);
  expect((await extend('k'.repeat(256))).status).toBe(400);
  expect(await endOf()).toBe(before);
});

test('an error that says what to change is answered again; a wrong body is not kept', async () => {
  const missing = () =>
    app.api(`/api/v1/environments/${'f'.repeat(24)}/extend`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'key-5' },
      body: '{"duration":"1d"}',
    });
  const [first, again] = [await missing(), await missing()];
  expect([first.status, again.status]).toEqual([404, 404]);
  expect(await again.json()).toEqual(await first.json());
  expect((await extend('key-6', 'long')).status).toBe(400);
  expect((await extend('key-6')).status).toBe(200);
});

test('after a day a key is new again', async () => {
  await extend('key-7');
  const before = await endOf();
  now += DAY + 1_000;
  await extend('key-7');
  expect(await endOf()).toBe(before + DAY);
});

test('keys of different actors are different keys', async () => {
  const scope = { kind: 'operator', name: 'somebody else' } as const;
  await app.ports.tokens.issue({ hash: hashToken('vto_else'), scope, expiresAt: null });
  await extend('key-8');
  const before = await endOf();
  const answer = await app.api(path, {
    method: 'POST',
    token: 'vto_else',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key-8' },
    body: '{"duration":"2d"}',
  });
  expect([answer.status, await endOf()]).toEqual([200, before + 2 * DAY]);
});

test('the database holds neither the key nor the answer in a readable form', async () => {
  await extend('a-canary-key');
  const connection = await openConnection({ uri: database.uri, log: silent });
  const kept = await connection
    .getClient()
    .db(connection.name)
    .collection('idempotencyKeys')
    .find()
    .toArray();
  await connection.destroy();
  expect(kept.length).toBeGreaterThan(5);
  const dump = kept.map((one) => `${JSON.stringify(one)} ${String(one['answer']?.buffer ?? '')}`).join('\n');
  expect(dump).not.toContain('a-canary-key');
  expect(dump).not.toContain('pr-1-site');
});

test('a request whose process died is carried out by the next one, and only one of two takes it over', async () => {
  const connection = await openConnection({ uri: database.uri, log: silent });
  const { idempotency: store } = createStores(connection);
  const keyed = { id: 'a'.repeat(64), request: 'b'.repeat(64) };
  const at = (ms: number) => ({
    now: new Date(ms),
    busyUntil: new Date(ms + 1_000),
    expiresAt: new Date(ms + DAY),
  });
  const dead = await store.begin(keyed, at(0));
  expect(dead.kind).toBe('begun');
  expect(await store.begin(keyed, at(999))).toEqual({ kind: 'busy' });
  const next = await Promise.all([1, 2, 3, 4].map(() => store.begin(keyed, at(2_000))));
  expect(next.map(({ kind }) => kind).toSorted()).toEqual(['begun', 'busy', 'busy', 'busy']);
  if (dead.kind === 'begun') await store.answer(keyed.id, { owner: dead.owner, answer: Buffer.from('late') });
  expect(await store.begin(keyed, at(2_500))).toEqual({ kind: 'busy' });
  expect(await store.deleteExpired(new Date(2_000 + 2 * DAY))).toBeGreaterThan(0);
  await connection.destroy();
});
