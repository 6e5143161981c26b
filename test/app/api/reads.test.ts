import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { etagOf, requireMatch } from '../../../app/api/etag.js';
import { hashToken } from '../../../src/people/api-token.js';
import { newEnvironment } from '../../support/builders.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;
let path: string;

beforeAll(async () => {
  const minute = 60_000;
  app = await startApp({
    clock: { now: () => new Date('2026-03-01T12:00:20Z') },
    rates: { people: { times: 40, perMs: minute }, addresses: { times: 4, perMs: minute } },
  });
  const { id } = await app.ports.environments.ensure(newEnvironment());
  path = `/api/v1/environments/${id}`;
});
afterAll(async () => {
  await app.close();
});

test('a read that would answer the same again is answered with 304 and no body', async () => {
  const first = await app.api(path);
  const etag = first.headers.get('etag') ?? '';
  expect(etag.replace(/-(br|gzip)"$/, '"')).toBe(etagOf(await first.text()));
  for (const names of [etag, `"other", W/${etag}`, '*']) {
    const again = await app.api(path, { headers: { 'if-none-match': names } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
  }
  const other = await app.api(path, { headers: { 'if-none-match': '"other"' } });
  expect([other.status, (await other.text()).length > 10]).toEqual([200, true]);
});

test('HEAD has the ETag of GET, a changed document has another one, and errors have none', async () => {
  const [get, head] = [await app.api(path), await app.api(path, { method: 'HEAD' })];
  expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
  await app.api(`${path}/destroy`, { method: 'POST' });
  const changed = await app.api(path, { headers: { 'if-none-match': get.headers.get('etag') ?? '' } });
  expect(changed.status).toBe(200);
  expect((await app.api('/api/v1/environments/none')).headers.get('etag')).toBeNull();
});

test('a write may name the state that its author has read', () => {
  const view = { id: '1', name: 'hello' };
  const etag = etagOf(JSON.stringify(view));
  expect(() => requireMatch(undefined, view)).not.toThrow();
  expect(() => requireMatch(`"x", ${etag}`, view)).not.toThrow();
  expect(() => requireMatch('*', view)).not.toThrow();
  expect(() => requireMatch(etag, { ...view, name: 'other' })).toThrow(
    expect.objectContaining({ code: 'precondition_failed' }),
  );
});

test('every answer says how many requests are left, and over the limit when to come back', async () => {
  const scope = { kind: 'operator', name: 'busy' } as const;
  await app.ports.tokens.issue({ hash: hashToken('vto_busy'), scope, expiresAt: null });
  const ask = () => app.api('/api/v1/environments', { token: 'vto_busy' });
  const first = await ask();
  expect([first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining')]).toEqual([
    '40',
    '39',
  ]);
  const rest = await Promise.all(Array.from({ length: 45 }, ask));
  const refused = rest.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(6);
  expect(refused[0]?.headers.get('retry-after')).toBe('40');
  expect(await refused[0]?.json()).toMatchObject({ error: { code: 'too_many_requests' } });
  expect((await app.api('/api/v1/environments')).status).toBe(200);
});

test('callers without a valid token share the limit of their address; probes do not count', async () => {
  const wrong = () => app.api('/api/v1/environments', { token: 'vto_unknown' });
  const anonymous = () => app.api('/api/v1/openapi.json', { token: null });
  const statuses = [];
  for (const ask of [wrong, anonymous, wrong, anonymous, wrong, anonymous])
    statuses.push((await ask()).status);
  expect(statuses).toEqual([401, 200, 401, 200, 429, 429]);
  const probe = await app.api('/healthz', { token: null });
  expect([probe.status, probe.headers.get('ratelimit-limit')]).toEqual([200, null]);
  expect(await probe.json()).toEqual({ ok: true, instance: expect.stringMatching(/^[\w-]{36}$/) });
});

test('long answers are compressed as the client takes it, and all forms have tags of the same state', async () => {
  const read = (accepted: string, headers = {}) =>
    app.api('/api/v1/openapi.json', { headers: { 'accept-encoding': accepted, ...headers } });
  const answers = new Map<
    string,
    { readonly etag: string; readonly length: number; readonly text: string }
  >();
  for (const accepted of ['identity', 'gzip', 'gzip, deflate, br', 'br;q=0, gzip;q=0.5']) {
    const answer = await read(accepted);
    expect([answer.status, answer.headers.get('vary')]).toEqual([200, 'accept-encoding']);
    const { headers } = answer;
    const length = Number(headers.get('content-length'));
    const coding = headers.get('content-encoding') ?? 'none';
    answers.set(`${accepted}: ${coding}`, {
      etag: headers.get('etag') ?? '',
      length,
      text: await answer.text(),
    });
  }
  expect([...answers.keys()]).toEqual([
    'identity: none',
    'gzip: gzip',
    'gzip, deflate, br: br',
    'br;q=0, gzip;q=0.5: gzip',
  ]);
  const [plain, gzip, br] = [...answers.values()];
  expect(new Set([...answers.values()].map(({ text }) => text)).size).toBe(1);
  expect(gzip?.length).toBeLessThan((plain?.length ?? 0) / 3);
  expect(new Set([plain?.etag, gzip?.etag, br?.etag]).size).toBe(3);
  // What a cache has of one form is still good for another one.
  for (const known of [plain, gzip, br]) {
    const again = await read('gzip', { 'if-none-match': known?.etag ?? '' });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, gzip?.etag, '']);
  }
  requireMatch(br?.etag, JSON.parse(plain?.text ?? 'null'));
});

test('short answers and pictures are sent as they are, and pages compressed', async () => {
  const headers = { 'accept-encoding': 'br' };
  const short = await app.api('/healthz', { headers });
  expect([short.headers.get('content-encoding'), short.headers.get('vary')]).toEqual([null, null]);
  const page = await app.api('/sign-in', { headers: { ...headers, accept: 'text/html' } });
  expect(page.headers.get('content-encoding')).toBe('br');
  expect(await page.text()).toContain('<h1>Sign in to Vitrine</h1>');
});
