import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../app/create-app.js';
import {
  CLIENT,
  type Identity,
  type OpenIdProvider,
  startOpenIdProvider,
} from '../support/open-id-provider.js';
import { freePort } from '../support/free-port.js';
import { startWorld, type World } from '../support/start-world.js';
import { authorizeAtGitHub, createVisitor, signInWithGitHub, type Visitor } from '../support/visitor.js';

let provider: OpenIdProvider;
let world: World;
let app: App;

beforeAll(async () => {
  provider = await startOpenIdProvider({ sub: 'nobody' });
  const { clientId, clientSecret } = CLIENT;
  const openId = { clientId, issuer: provider.issuer, name: 'Example', scope: 'openid email' };
  world = await startWorld({
    github: { users: ['octavia', 'hubot', 'stranger'] },
    signIn: {
      ...{ port: await freePort(), passwordAccounts: 'open' },
      ...{ config: { openId }, secrets: { openId: clientSecret } },
    },
  });
  ({ app } = world);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const github = (login: string, more: { visitor?: Visitor; query?: Record<string, string> } = {}) => ({
  ...{ app, github: world.github, login, ...more },
});

/** Signs in at the provider as this person. */
async function openId(person: Identity, visitor = createVisitor(app), query: Record<string, string> = {}) {
  provider.behaviour.person = person;
  const begun = await visitor.ask(`/sign-in/openid?${String(new URLSearchParams(query))}`);
  const back = await provider.authorize(new URL(begun.headers.get('location') ?? ''));
  const answer = await visitor.ask(back.href, { headers: { accept: 'text/html' } });
  return { visitor, status: answer.status, text: await answer.text() };
}

async function me(visitor: Visitor) {
  const answer = await visitor.ask('/api/v1/me');
  return (await answer.json()) as { id: string; accounts: string[]; email: string | null };
}

/** What the page offers to the person who is signed in. */
async function linkOf(visitor: Visitor, way: string): Promise<Record<string, string>> {
  const page = await (await visitor.ask('/account', { headers: { accept: 'text/html' } })).text();
  const href = new RegExp(`href="/sign-in/${way}\\?([^"]+)"`).exec(page)?.[1] ?? '';
  return Object.fromEntries(new URLSearchParams(href.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')));
}

test('T45: a proven address of another person does not link, and the page says what to do', async () => {
  const first = await me(await signInWithGitHub(github('hubot')));
  const attempt = await openId({ sub: 'h-1', email: 'hubot@example.com', email_verified: true });
  expect(attempt.status).toBe(409);
  expect(attempt.text).toContain('signs in with GitHub');
  expect(attempt.visitor.cookies.has('sid')).toBe(false);
  expect(first.accounts).toEqual(['github']);
});

test('T45: an unproven address that is equal to another person’s makes a person of its own', async () => {
  const owner = await me(await signInWithGitHub(github('hubot')));
  const { visitor } = await openId({ sub: 'evil', email: 'HUBOT@example.com', email_verified: false });
  const other = await me(visitor);
  expect(other.id).not.toBe(owner.id);
  expect(await app.ports.users.byProvenEmail('hubot@example.com')).toMatchObject({ id: owner.id });
});

test('a second account is linked once both were proven in one session, and signs in the same person', async () => {
  const visitor = await signInWithGitHub(github('octavia'));
  const { id } = await me(visitor);
  const ada = { sub: 'o-1', email: 'octavia@work.example', email_verified: true };
  const linked = await openId(ada, visitor, await linkOf(visitor, 'openid'));
  expect(linked.status).toBe(303);
  expect(await me(visitor)).toMatchObject({
    id,
    accounts: ['github', 'openid'],
    email: 'octavia@example.com',
  });
  expect(await me((await openId(ada)).visitor)).toMatchObject({ id });
});

test('another website cannot link an account of its own: the link needs the proof of the page', async () => {
  const visitor = await signInWithGitHub(github('octavia'));
  for (const link of ['', 'x'.repeat(43)])
    expect((await visitor.ask(`/sign-in/openid?link=${link}`)).status).toBe(403);
  const stranger = await signInWithGitHub(github('stranger'));
  const { link = '' } = await linkOf(stranger, 'openid');
  expect((await visitor.ask(`/sign-in/openid?link=${link}`)).status).toBe(403);
});

test('a link that was begun does not survive the end of its session', async () => {
  const visitor = await signInWithGitHub(github('stranger'));
  const query = await linkOf(visitor, 'openid');
  provider.behaviour.person = { sub: 's-1' };
  const begun = await visitor.ask(`/sign-in/openid?${String(new URLSearchParams(query))}`);
  const back = await provider.authorize(new URL(begun.headers.get('location') ?? ''));
  await signInWithGitHub(github('hubot', { visitor }));
  expect((await visitor.ask(back.href)).status).toBe(403);
  expect(
    await app.ports.users.byAccount({ provider: 'openid', issuer: provider.issuer, subject: 's-1' }),
  ).toBeNull();
});

test('an account of another person is not taken over, but what only webhooks know becomes the person’s', async () => {
  const { visitor } = await openId({ sub: 'w-1', email: 'w@example.com', email_verified: true });
  const { id } = await me(visitor);
  const taken = await authorizeAtGitHub(github('hubot', { visitor, query: await linkOf(visitor, 'github') }));
  expect((await visitor.ask(taken.back.href)).status).toBe(409);
  const account = world.github.state.accounts.get('stranger');
  const seen = await app.ports.users.byGitHubId(account?.id ?? 0);
  if (seen) await app.ports.users.remove(seen.id);
  const shadow = await app.ports.users.saveFromGitHub({
    ...{ githubId: account?.id ?? 0, login: 'stranger', email: null, avatarUrl: null },
  });
  await app.ports.members.set({ projectId: 'p1', userId: shadow.id, role: 'write' });
  await signInWithGitHub(github('stranger', { visitor, query: await linkOf(visitor, 'github') }));
  expect(await me(visitor)).toMatchObject({ id, accounts: ['github', 'openid'] });
  expect(await app.ports.users.get(shadow.id)).toBeNull();
  expect(await app.ports.members.roleOf('p1', id)).toBe('write');
});

test('disconnecting takes the authorization back at GitHub and leaves one way of signing in', async () => {
  const visitor = await signInWithGitHub(github('octavia'));
  const grants = () => world.github.state.oauth.grants.filter(({ login }) => login === 'octavia').length;
  expect(grants()).toBeGreaterThan(0);
  const disconnect = (provider: string) =>
    visitor.api(`/api/v1/me/accounts/${provider}`, { method: 'DELETE' });
  const answer = await disconnect('github');
  expect(await answer.json()).toMatchObject({ accounts: ['openid'], githubConnection: { state: 'none' } });
  expect(grants()).toBe(0);
  expect((await disconnect('github')).status).toBe(404);
  expect((await disconnect('openid')).status).toBe(409);
});

test('a password is a way of signing in, so the last account at a provider can go', async () => {
  const person = { sub: 'p-1', email: 'p@example.com', email_verified: true };
  const { visitor } = await openId(person);
  const { id } = await me(visitor);
  const disconnect = () => visitor.api('/api/v1/me/accounts/openid', { method: 'DELETE' });
  const refused = await disconnect();
  expect({ status: refused.status, body: await refused.json() }).toMatchObject({
    status: 409,
    body: {
      error: { message: expect.stringContaining('connect another account, or set a password, first') },
    },
  });
  await app.ports.passwordHashes.set(id, await app.ports.passwords.hash('correct horse battery staple'));
  expect(await (await disconnect()).json()).toMatchObject({ id, accounts: [] });
  const json = { email: person.email, password: 'correct horse battery staple' };
  expect((await createVisitor(app).ask('/api/v1/sign-in', { method: 'POST', json })).status).toBe(200);
});

test('an account of a provider that the server no longer offers is no way of signing in', async () => {
  const { visitor } = await openId({ sub: 'g-1', email: 'g@example.com', email_verified: true });
  const { id } = await me(visitor);
  await app.ports.users.change(id, { googleId: 'g-1' });
  const disconnect = (provider: string) =>
    visitor.api(`/api/v1/me/accounts/${provider}`, { method: 'DELETE' });
  expect((await disconnect('openid')).status).toBe(409);
  expect(await (await disconnect('google')).json()).toMatchObject({ accounts: ['openid'] });
});

test('no token of GitHub is in the database or in the log in readable form', async () => {
  await signInWithGitHub(github('hubot'));
  const user = await app.ports.users.byGitHubId(world.github.state.accounts.get('hubot')?.id ?? 0);
  const stored = JSON.stringify(await app.ports.connections.get(user?.id ?? ''));
  for (const { access, refresh } of world.github.state.oauth.grants)
    for (const token of [access, refresh]) expect(stored + world.logLines.join('')).not.toContain(token);
});
