import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../src/people/api-token.js';
import { LONGEST_SESSION_MS, newSession, requestProof } from '../../src/people/session.js';
import type { User } from '../../src/people/user.js';
import { startApp, type TestApp } from '../support/start-app.js';

/** docs/seeds.md maps the tables of the seeds. Each test writes and reads every field that a table of people has here. */

const NOW = new Date();
const later = (ms: number) => new Date(NOW.getTime() + ms);
const HOUR_MS = 60 * 60_000;

let app: TestApp;
let ada: User;
const signedIn = newSession({
  ...{ id: 'a'.repeat(24), userId: '', way: 'github', device: 'Firefox on Linux', address: '::1', now: NOW },
});

beforeAll(async () => {
  app = await startApp();
  const seen = {
    githubId: 583_231,
    login: 'ada',
    email: 'ada@example.com',
    avatarUrl: 'https://a.example/1',
  };
  ada = await app.ports.users.saveFromGitHub(seen);
  await app.ports.sessions.create({ ...signedIn.session, userId: ada.id });
});
afterAll(async () => {
  await app.close();
});

/** As a script of our pages asks, in the browser of the session. */
async function asAda(path: string, json?: unknown) {
  const headers = {
    cookie: `sid=${signedIn.secret}`,
    'sec-fetch-site': 'same-origin',
    'x-csrf-token': requestProof(signedIn.session, 'write'),
    'content-type': 'application/json',
  };
  const write = json === undefined ? {} : { method: 'PATCH', body: JSON.stringify(json) };
  const response = await app.api(`/api/v1${path}`, { token: null, headers, ...write });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('users: a person whom a webhook names is stored with every field, is found by each account, and reads it', async () => {
  const { users, passwordHashes } = app.ports;
  expect(ada).toMatchObject({
    ...{ githubId: 583_231, login: 'ada', email: 'ada@example.com', avatarUrl: 'https://a.example/1' },
    ...{ name: 'ada', emailVerified: false, googleId: null, active: true },
    ...{ createdAt: expect.any(Date), updatedAt: expect.any(Date) },
  });
  const patch = { name: 'Ada', email: 'ada@lovelace.example', emailVerified: true, googleId: 'g-1' };
  const changed = await users.change(ada.id, { ...patch, signedInAt: NOW });
  expect(changed).toEqual({ ...ada, ...patch, signedInAt: NOW, updatedAt: expect.any(Date) });
  expect(changed?.updatedAt.getTime()).toBeGreaterThanOrEqual(ada.updatedAt.getTime());
  expect(await users.get(ada.id)).toEqual(changed);
  expect(await users.byAccount({ provider: 'github', id: 583_231 })).toEqual(changed);
  expect(await users.byAccount({ provider: 'google', id: 'g-1' })).toEqual(changed);
  expect(await users.byProvenEmail('ADA@lovelace.example')).toEqual(changed);
  const hash = '$argon2id$v=19$m=19456,t=2,p=1$salt$hash';
  await passwordHashes.set(ada.id, hash);
  expect(await passwordHashes.get(ada.id)).toBe(hash);
  expect((await asAda('/me')).body).toMatchObject({
    ...{ id: ada.id, name: 'Ada', login: 'ada', email: patch.email, emailVerified: true },
    ...{ avatarUrl: 'https://a.example/1', accounts: ['github', 'google'] },
    createdAt: ada.createdAt.toISOString(),
  });
});

test('users: a person who is not active is shut out', async () => {
  const { users } = app.ports;
  await users.change(ada.id, { active: false });
  expect(await users.get(ada.id)).toMatchObject({ active: false });
  expect((await asAda('/me')).status).toBe(401);
  await users.change(ada.id, { active: true });
  expect((await asAda('/me')).status).toBe(200);
});

test('user_preferences: a person changes each of them and reads all', async () => {
  const first = { theme: 'system', email: true, emailOnSuccess: false, emailOnFailure: true };
  expect((await asAda('/me')).body['preferences']).toEqual(first);
  const other = { theme: 'dark', email: false, emailOnSuccess: true, emailOnFailure: false };
  expect((await asAda('/me', { preferences: other })).body['preferences']).toEqual(other);
  expect((await asAda('/me', { preferences: { theme: 'light' } })).status).toBe(200);
  expect((await asAda('/me')).body['preferences']).toEqual({ ...other, theme: 'light' });
  expect((await app.ports.users.get(ada.id))?.preferences).toEqual({ ...other, theme: 'light' });
});

test('github_connections: a connection keeps both tokens sealed, their ends, the scope and when it was made', async () => {
  const { connections, seal } = app.ports;
  const sealed = (token: string) => seal.seal(token, 'of ada');
  const fresh = {
    ...{ userId: ada.id, githubId: 583_231, login: 'ada', scope: 'repo read:user', connectedAt: NOW },
    ...{ accessToken: sealed('access'), refreshToken: sealed('refresh') },
    ...{ accessExpiresAt: later(8 * HOUR_MS), refreshExpiresAt: later(4_000 * HOUR_MS) },
  };
  await connections.save(fresh);
  const unused = { version: 1, epoch: 1, brokenAt: null, reach: null };
  expect(await connections.get(ada.id)).toEqual({ ...fresh, ...unused });
  expect((await asAda('/me')).body['githubConnection']).toEqual({
    ...{ state: 'connected', login: 'ada', scope: 'repo read:user', connectedAt: NOW.toISOString() },
  });
});

test('sessions: a session is found by the hash of its cookie, lasts seven days, and is listed to its person', async () => {
  const { sessions } = app.ports;
  const { session, secret } = newSession({
    ...signedIn.session,
    id: 'b'.repeat(24),
    userId: ada.id,
    now: NOW,
  });
  await sessions.create(session);
  const stored = await sessions.byHash(hashToken(secret));
  expect(stored).toEqual({ ...session, createdAt: NOW, expiresAt: later(LONGEST_SESSION_MS) });
  expect(LONGEST_SESSION_MS).toBe(7 * 24 * HOUR_MS);
  const { body } = await asAda('/me/sessions');
  expect(body['items']).toMatchObject([
    {
      ...{ id: session.id, current: false, way: 'github', device: 'Firefox on Linux', address: '::1' },
      createdAt: NOW.toISOString(),
      expiresAt: later(LONGEST_SESSION_MS).toISOString(),
    },
    { id: signedIn.session.id, current: true },
  ]);
});

test('password_reset_tokens: a link works until its end, once, and no longer than the next one is made', async () => {
  const { passwordResets } = app.ports;
  // The database refuses a link without one of these: the migration demands them.
  const link = { owner: ada.id, createdAt: NOW, expiresAt: later(HOUR_MS) };
  await passwordResets.save({ ...link, hash: 'hash 1' });
  expect(await passwordResets.find('hash 1', NOW)).toBe(ada.id);
  expect(await passwordResets.find('hash 1', later(HOUR_MS))).toBeNull();
  await passwordResets.save({ ...link, hash: 'hash 2' });
  expect(await passwordResets.find('hash 1', NOW)).toBeNull();
  expect(await passwordResets.use('hash 2', NOW)).toBe(ada.id);
  expect(await passwordResets.use('hash 2', NOW)).toBeNull();
  expect(await passwordResets.find('hash 2', NOW)).toBeNull();
  expect(await passwordResets.deleteExpired(later(HOUR_MS))).toBe(0);
  expect(await passwordResets.deleteExpired(later(HOUR_MS + 1))).toBe(1);
});
