import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../../../app/create-app.js';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../../../support/start-world.js';
import { signInWithGitHub, type Visitor } from '../../../support/visitor.js';

const minutes = { passed: 0 };
let world: World;
let app: App;
let github: EmulatedGitHub;
let visitor: Visitor;

beforeAll(async () => {
  const clock = { now: () => new Date(Date.now() + minutes.passed * 60_000) };
  const repositories = [
    { fullName: REPOSITORY, files: { 'index.html': 'Hello' }, collaborators: { hubot: 'write' as const } },
  ];
  world = await startWorld({ github: { users: ['octavia', 'hubot'], repositories }, overrides: { clock } });
  ({ app, github } = world);
  await openPullRequest(world);
  visitor = await signInWithGitHub({ app, github, login: 'hubot' });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const json = async (response: Response) => (await response.json()) as Record<string, never>;
const withToken = (path: string, token: string, method = 'GET') =>
  fetch(`${app.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });

test('a person changes their name and single preferences; what is not named stays', async () => {
  const change = (body: unknown) => visitor.api('/api/v1/me', { method: 'PATCH', json: body });
  expect(await json(await change({ preferences: { theme: 'dark', emailOnSuccess: true } }))).toMatchObject({
    preferences: { theme: 'dark', email: true, emailOnSuccess: true, emailOnFailure: true },
  });
  expect(await json(await change({ name: 'Hu Bot' }))).toMatchObject({
    name: 'Hu Bot',
    preferences: { theme: 'dark' },
  });
  for (const wrong of [{ preferences: { theme: 'pink' } }, { name: '' }, { email: 'a@b.c' }])
    expect((await change(wrong)).status).toBe(400);
});

test('sessions are listed with device and place, and end one by one or all together', async () => {
  const others = [
    await signInWithGitHub({ app, github, login: 'hubot' }),
    await signInWithGitHub({ app, github, login: 'hubot' }),
  ];
  const { items } = (await json(await visitor.api('/api/v1/me/sessions'))) as unknown as {
    items: { id: string; current: boolean }[];
  };
  expect(items).toHaveLength(3);
  expect(items[2]).toMatchObject({
    ...{ current: true, way: 'github', device: 'Firefox on Linux', address: '127.0.0.1' },
    ...{ lastUsedAt: expect.any(String), expiresAt: expect.any(String) },
  });
  const end = (path: string) => visitor.api(`/api/v1/me/sessions${path}`, { method: 'DELETE' });
  expect(await json(await end(`/${items[0]?.id ?? ''}`))).toEqual({ ended: 1 });
  expect((await end(`/${items[0]?.id ?? ''}`)).status).toBe(404);
  expect((await others[1]?.ask('/api/v1/me'))?.status).toBe(401);
  expect((await others[0]?.ask('/api/v1/me'))?.status).toBe(200);
  expect(await json(await end('?keep_current=true'))).toEqual({ ended: 1 });
  expect((await visitor.ask('/api/v1/me')).status).toBe(200);
});

test('after an hour of use the cookie is replaced, and the new one is the session', async () => {
  const before = visitor.cookies.get('sid') ?? '';
  minutes.passed += 61;
  expect((await visitor.ask('/api/v1/me')).status).toBe(200);
  expect(visitor.cookies.get('sid')).not.toBe(before);
  expect((await visitor.api('/api/v1/me', { method: 'PATCH', json: { name: 'Hu' } })).status).toBe(200);
  minutes.passed += 8 * 60;
  expect((await visitor.ask('/api/v1/me')).status).toBe(401);
  visitor = await signInWithGitHub({ app, github, login: 'hubot' });
});

async function makeToken(body: object): Promise<{ id: string; token: string }> {
  const made = await visitor.api('/api/v1/tokens', { method: 'POST', json: { name: 'ci', ...body } });
  expect(made.status).toBe(201);
  return (await json(made)) as unknown as { id: string; token: string };
}

test('a token is shown once, kept as a hash, listed with its last use, and ended', async () => {
  const { id, token } = await makeToken({ abilities: ['read'] });
  expect(token).toMatch(/^vtp_[\w-]{43}$/);
  expect((await withToken('/api/v1/me', token)).status).toBe(200);
  const list = await (await visitor.api('/api/v1/tokens')).text();
  expect(list).not.toContain(token);
  expect(JSON.parse(list)).toMatchObject({
    items: [{ id, name: 'ci', abilities: ['read'], projectIds: null, lastUsedAt: expect.any(String) }],
  });
  expect(await json(await withToken('/api/v1/me', token))).toMatchObject({ csrfToken: null, name: 'Hu' });
  const revoked = await visitor.api(`/api/v1/tokens/${id}`, { method: 'DELETE' });
  expect(await json(revoked)).toEqual({ revoked: true });
  expect((await withToken('/api/v1/me', token)).status).toBe(401);
});

test('a token cannot make tokens, end sessions or change the account', async () => {
  const { token } = await makeToken({ abilities: ['read', 'deploy', 'admin'] });
  const post = await fetch(`${app.url}/api/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'more', abilities: ['admin'] }),
  });
  expect(post.status).toBe(403);
  expect((await withToken('/api/v1/me/sessions', token, 'DELETE')).status).toBe(403);
});

test('a token does what its abilities and its person allow, within its projects, until it ends', async () => {
  const [environment] = await app.ports.environments.ofPullRequest(world.repoId(), 1);
  const path = `/api/v1/environments/${environment?.id ?? ''}`;
  const projectIds = [environment?.projectId ?? ''];
  const reader = await makeToken({ abilities: ['read'] });
  expect((await withToken(path, reader.token)).status).toBe(200);
  expect((await withToken(`${path}/destroy`, reader.token, 'POST')).status).toBe(403);
  const bound = await makeToken({ abilities: ['read'], projectIds, expiresInDays: 1 });
  expect((await withToken(path, bound.token)).status).toBe(200);
  const elsewhere = await app.ports.projects.ensure({
    ...{ repoId: world.repoId(), name: 'other', slug: 'other', fallbackSlug: 'other-1' },
  });
  const other = await makeToken({ abilities: ['read'], projectIds: [elsewhere.id] });
  expect((await withToken(path, other.token)).status).toBe(404);
  const listed = await json(await withToken('/api/v1/environments', other.token));
  expect(listed).toMatchObject({ items: [] });
  const unknown = { name: 'x', abilities: ['read'], projectIds: ['f'.repeat(24)] };
  expect((await visitor.api('/api/v1/tokens', { method: 'POST', json: unknown })).status).toBe(404);
  const deployer = await makeToken({ abilities: ['read', 'deploy'], expiresInDays: null });
  expect((await withToken(`${path}/destroy`, deployer.token, 'POST')).status).toBe(202);
  minutes.passed += 24 * 60;
  expect((await withToken(path, bound.token)).status).toBe(401);
});
