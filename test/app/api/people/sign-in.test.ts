import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../../../app/create-app.js';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { startWorld, type World } from '../../../support/start-world.js';
import { authorizeAtGitHub, createVisitor, signInWithGitHub } from '../../../support/visitor.js';

const minutes = { passed: 0 };
/** The moment at which the clock stands still; null = it goes. */
const still = { at: null as number | null };
let world: World;
let app: App;
let github: EmulatedGitHub;

beforeAll(async () => {
  const clock = { now: () => new Date((still.at ?? Date.now()) + minutes.passed * 60_000) };
  world = await startWorld({
    github: { users: ['octavia', 'hubot', 'stranger'] },
    overrides: { clock },
  });
  ({ app, github } = world);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const html = { accept: 'text/html' };

test('the page lists the configured ways and no other', async () => {
  const page = await createVisitor(app).ask('/sign-in?return_to=/environments', { headers: html });
  const text = await page.text();
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text.match(/Sign in with [^<]+/g)).toEqual(['Sign in with GitHub']);
  expect(text).toContain('href="/sign-in/github?return_to&#x3D;%2Fenvironments"');
});

test('signing in with GitHub makes a session of the person whom webhooks know, and leads back', async () => {
  const { id } = await app.ports.users.saveFromGitHub({
    ...{ githubId: idOf('hubot'), login: 'hubot-before-the-rename', email: null, avatarUrl: null },
  });
  const { visitor, back } = await authorizeAtGitHub({
    app,
    github,
    login: 'hubot',
    query: { return_to: '/x?y=1' },
  });
  const answer = await visitor.ask(back.href);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/x?y=1']);
  const [line = ''] = answer.headers.getSetCookie().filter((one) => one.startsWith('sid='));
  expect(line).toMatch(/^sid=[\w-]{43}; Max-Age=604(800|7\d\d); Path=\/; HttpOnly; SameSite=Lax$/);
  const me = await visitor.ask('/api/v1/me');
  expect(await me.json()).toMatchObject({
    ...{ id, login: 'hubot', email: 'hubot@example.com', emailVerified: true, administrator: false },
    ...{ accounts: ['github'], githubConnection: { state: 'connected', login: 'hubot', scope: '' } },
  });
});

function idOf(login: string): number {
  return github.state.accounts.get(login)?.id ?? 0;
}

test('GitHub gets PKCE, a state of 256 bits and the exact callback URL', async () => {
  const begun = await createVisitor(app).ask('/sign-in/github');
  const asked = new URL(begun.headers.get('location') ?? '').searchParams;
  expect(asked.get('redirect_uri')).toBe(`${app.url}/sign-in/github/callback`);
  expect(asked.get('code_challenge_method')).toBe('S256');
  expect(asked.get('state')).toMatch(/^[\w-]{43}$/);
  expect(begun.headers.getSetCookie()[0]).toMatch(
    /^sign-in=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

test.each<[string, (back: URL) => URL]>([
  ['is missing', (back) => withState(back, null)],
  ['was made up', (back) => withState(back, 'a'.repeat(43))],
  ['is an operator of the database', (back) => withState(back, '{"$gt":""}')],
])('D9: a sign-in whose state %s is refused with a page that says what to do', async (_what, change) => {
  const { visitor, back } = await authorizeAtGitHub({ app, github, login: 'hubot' });
  const answer = await visitor.ask(change(back).href, { headers: html });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('Sign in again');
  expect(visitor.cookies.has('sid')).toBe(false);
});

function withState(back: URL, state: string | null): URL {
  const changed = new URL(back);
  if (state === null) changed.searchParams.delete('state');
  else changed.searchParams.set('state', state);
  return changed;
}

test('D9: a state works once, in the browser that began, for its provider, for ten minutes', async () => {
  const { visitor, back } = await authorizeAtGitHub({ app, github, login: 'hubot' });
  const other = createVisitor(app);
  await other.ask('/sign-in/github');
  expect((await other.ask(back.href)).status).toBe(400);
  expect((await visitor.ask(back.href)).status).toBe(303);
  expect((await visitor.ask(back.href)).status).toBe(400);
  const late = await authorizeAtGitHub({ app, github, login: 'hubot' });
  minutes.passed += 10;
  expect((await late.visitor.ask(late.back.href)).status).toBe(400);
});

test('D10: a code that was used before signs nobody in', async () => {
  const first = await authorizeAtGitHub({ app, github, login: 'hubot' });
  await first.visitor.ask(first.back.href);
  const second = await authorizeAtGitHub({ app, github, login: 'hubot' });
  second.back.searchParams.set('code', first.back.searchParams.get('code') ?? '');
  expect((await second.visitor.ask(second.back.href)).status).toBe(400);
  expect(second.visitor.cookies.has('sid')).toBe(false);
});

test('a code that was stolen on its way works with no other browser: its verifier is missing', async () => {
  const victim = await authorizeAtGitHub({ app, github, login: 'octavia' });
  const thief = await authorizeAtGitHub({ app, github, login: 'stranger' });
  thief.back.searchParams.set('code', victim.back.searchParams.get('code') ?? '');
  expect((await thief.visitor.ask(thief.back.href)).status).toBe(400);
});

test('a person who does not allow it on GitHub is told so', async () => {
  const { visitor, back } = await authorizeAtGitHub({ app, github, login: '' });
  const answer = await visitor.ask(back.href, { headers: html });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('did not allow it')]);
});

test.each(['//evil', '/\\evil', 'https:evil', '/%09/evil'])('D11: return_to=%s leads home', async (evil) => {
  const { visitor, back } = await authorizeAtGitHub({
    app,
    github,
    login: 'hubot',
    query: { return_to: evil },
  });
  expect((await visitor.ask(back.href)).headers.get('location')).toBe('/');
});

test('D12 and D13: a write with a cookie needs our own page, JSON, and the token of the session', async () => {
  const visitor = await signInWithGitHub({ app, github, login: 'hubot' });
  const { csrfToken } = (await (await visitor.ask('/api/v1/me')).json()) as { csrfToken: string };
  const write = async (headers: Record<string, string>) =>
    (await visitor.ask('/api/v1/me', { method: 'PATCH', json: { name: 'Hu' }, headers })).status;
  const token = { 'x-csrf-token': csrfToken };
  for (const site of ['cross-site', 'same-site', 'none'])
    expect([site, await write({ ...token, 'sec-fetch-site': site })]).toEqual([site, 403]);
  expect(await write(token)).toBe(403);
  expect(await write({ ...token, origin: 'http://pr-1-hello.localhost' })).toBe(403);
  expect(await write({ 'sec-fetch-site': 'same-origin' })).toBe(403);
  expect(await write({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'x'.repeat(43) })).toBe(403);
  const simple = { ...token, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' };
  expect(await write(simple)).toBe(415);
  expect(await write({ ...token, 'sec-fetch-site': 'same-origin' })).toBe(200);
  expect(await write({ ...token, origin: app.url })).toBe(200);
});

test('D14: a session id that was there before the sign-in is not kept, and the session of before ends', async () => {
  const visitor = createVisitor(app);
  visitor.cookies.set('sid', 'f'.repeat(43));
  await signInWithGitHub({ app, github, login: 'hubot', visitor });
  const first = visitor.cookies.get('sid') ?? '';
  expect(first).not.toBe('f'.repeat(43));
  await signInWithGitHub({ app, github, login: 'hubot', visitor });
  expect(visitor.cookies.get('sid')).not.toBe(first);
  const former = createVisitor(app);
  former.cookies.set('sid', first);
  expect((await former.ask('/api/v1/me')).status).toBe(401);
});

test('a cookie that is there twice, or is no cookie of ours, signs nobody in', async () => {
  const visitor = await signInWithGitHub({ app, github, login: 'hubot' });
  const sid = visitor.cookies.get('sid') ?? '';
  const ask = async (cookie: string) => (await fetch(`${app.url}/api/v1/me`, { headers: { cookie } })).status;
  expect(await ask(`sid=${sid}`)).toBe(200);
  for (const cookie of [`sid=${sid}; sid=${'a'.repeat(43)}`, 'sid={"$gt":""}', 'sid=', `__Host-sid=${sid}`])
    expect([cookie.length, await ask(cookie)]).toEqual([cookie.length, 401]);
});

test('signing out ends the session, from our own page and with its token only', async () => {
  const visitor = await signInWithGitHub({ app, github, login: 'hubot' });
  const page = await (await visitor.ask('/account', { headers: html })).text();
  const csrf = /name="csrf" value="([\w-]+)"/.exec(page)?.[1] ?? '';
  const leave = (headers: Record<string, string>, form: Record<string, string>) =>
    visitor.ask('/sign-out', { method: 'POST', form, headers });
  expect((await leave({ 'sec-fetch-site': 'cross-site' }, { csrf })).status).toBe(403);
  expect((await leave({ 'sec-fetch-site': 'same-origin' }, {})).status).toBe(403);
  const sid = visitor.cookies.get('sid') ?? '';
  expect((await leave({ 'sec-fetch-site': 'same-origin' }, { csrf })).headers.get('location')).toBe(
    '/sign-in',
  );
  expect(visitor.cookies.has('sid')).toBe(false);
  visitor.cookies.set('sid', sid);
  expect((await visitor.ask('/api/v1/me')).status).toBe(401);
});

test('sixty sign-ins a minute are enough for one address, whatever process it asks', async () => {
  minutes.passed += 5;
  still.at = Date.now();
  const visitor = createVisitor(app);
  const statuses = await Promise.all(
    Array.from({ length: 61 }, async () => (await visitor.ask('/sign-in/github')).status),
  );
  expect(statuses.filter((status) => status === 303)).toHaveLength(60);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  still.at = null;
  minutes.passed += 5;
});

test('a way that is not configured does not exist', async () => {
  expect((await createVisitor(app).ask('/sign-in/google')).status).toBe(404);
  expect((await createVisitor(app).ask('/sign-in/evil')).status).toBe(400);
});

test('a closed account is told so and stays out, with its sessions and tokens', async () => {
  const visitor = await signInWithGitHub({ app, github, login: 'stranger' });
  const { id } = (await (await visitor.ask('/api/v1/me')).json()) as { id: string };
  await app.ports.users.change(id, { active: false });
  expect((await visitor.ask('/api/v1/me')).status).toBe(401);
  const again = await authorizeAtGitHub({ app, github, login: 'stranger' });
  const answer = await again.visitor.ask(again.back.href, { headers: html });
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('account is closed')]);
});
