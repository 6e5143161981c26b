import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '../../../app/config/config.js';
import type { Stores } from '../../../app/ports.js';
import { type MailServer, startMailServer } from '../../support/mail-server.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const HOUR_MS = 60 * 60_000;
const PASSWORD = 'correct horse battery';
let app: TestApp;
let mail: MailServer;
/** The clock of the app runs ahead by so much: limits and links end with it. */
let ahead = 0;
const calls: string[] = [];

beforeAll(async () => {
  mail = await startMailServer();
  app = await startApp({
    config: { passwordAccounts: 'open', mailFrom: 'vitrine@example.com' },
    secrets: { smtpUrl: mail.url },
    clock: { now: () => new Date(Date.now() + ahead) },
    around: { stores: watched },
  });
});
beforeEach(() => {
  // Every limit of the test before is over, and no window of a limit ends during this one.
  ahead += 2 * HOUR_MS - ((Date.now() + ahead) % HOUR_MS) + 60_000;
  mail.forget();
});
afterAll(async () => {
  await app.close();
  await mail.close();
});

/** Notes which stores are asked for what. */
function watched(stores: Stores): Stores {
  const watch = <S extends object>(store: S, noun: string): S =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          calls.push(`${noun}.${String(name)}`);
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
  return Object.fromEntries(
    Object.entries(stores).map(([noun, store]) => [noun, watch(store as object, noun)]),
  ) as unknown as Stores;
}

interface Sent {
  readonly cookie?: string;
  readonly csrf?: string;
  /** The address that a proxy on this machine names. */
  readonly from?: string;
  readonly method?: string;
}

async function post(path: string, body: unknown, { cookie, csrf, from, method = 'POST' }: Sent = {}) {
  const response = await app.api(`/api/v1${path}`, {
    method,
    token: null,
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      ...(cookie === undefined ? {} : { cookie }),
      ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
      ...(from === undefined ? {} : { 'x-forwarded-for': from }),
    },
  });
  const [pair = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, cookie: pair };
}

const tokenIn = (link: string) => new URL(link).searchParams.get('token') ?? '';

async function linkFor(path: string, email: string): Promise<string> {
  expect((await post(path, { email })).status).toBe(202);
  await app.drain();
  return mail.linkTo(email.toLowerCase());
}

/** Makes an account and answers the cookie of its session. */
async function signUp(email: string, password = PASSWORD): Promise<string> {
  const token = tokenIn(await linkFor('/sign-up', email));
  const made = await post('/verify-email', { token, name: 'Mona', password });
  expect(made.status).toBe(201);
  return made.cookie;
}

async function me(cookie: string) {
  const response = await app.api('/api/v1/me', { token: null, headers: { cookie } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('an account is made with the link and not before, and the link works once', async () => {
  const email = 'Once@Example.com';
  const link = await linkFor('/sign-up', email);
  expect(await app.ports.users.byProvenEmail('once@example.com')).toBeNull();
  const body = { token: tokenIn(link), name: 'Mona', password: PASSWORD };
  const [first, second] = await Promise.all([post('/verify-email', body), post('/verify-email', body)]);
  expect([first.status, second.status].toSorted()).toEqual([201, 422]);
  const { cookie } = first.status === 201 ? first : second;
  expect((await me(cookie)).body).toMatchObject({
    name: 'Mona',
    email: 'once@example.com',
    emailVerified: true,
  });
  const signedIn = await post('/sign-in', { email: 'ONCE@example.com', password: PASSWORD });
  expect((await me(signedIn.cookie)).status).toBe(200);
});

test('links begin with the address of this server, whatever a request says about its host', async () => {
  await app.api('/api/v1/sign-up', {
    method: 'POST',
    token: null,
    body: JSON.stringify({ email: 'host@example.com' }),
    headers: {
      'content-type': 'application/json',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    },
  });
  await app.drain();
  expect(mail.linkTo('host@example.com')).toMatch(new RegExp(`^${app.url}/verify-email\\?token=[\\w-]{43}$`));
});

test('the database has the hash of a link and of a password, and neither of them', async () => {
  const token = tokenIn(await linkFor('/sign-up', 'kept@example.com'));
  expect(await app.ports.verifications.find(token, new Date())).toBeNull();
  await post('/verify-email', { token, name: 'Mona', password: PASSWORD });
  const user = await app.ports.users.byProvenEmail('kept@example.com');
  const hash = await app.ports.passwordHashes.get(user?.id ?? '');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(JSON.stringify(user)).not.toContain('argon2');
});

test('known and unknown addresses get the same answer after the same work', async () => {
  await signUp('known@example.com');
  for (const path of ['/sign-up', '/password-resets']) {
    const seen: unknown[] = [];
    for (const email of ['known@example.com', 'unknown@example.com']) {
      calls.length = 0;
      const { status, body, cookie } = await post(path, { email });
      // The workers of this process ask too, and always the same.
      const asked = calls.filter(
        (call) => !/^(announcements|inbox|environments)\.|\.(claim|withEndings)$/.test(call),
      );
      seen.push({ status, body, cookie, asked });
    }
    expect(seen[1]).toEqual(seen[0]);
  }
  const wrong = await post('/sign-in', { email: 'known@example.com', password: 'not this one' });
  const nobody = await post('/sign-in', { email: 'unknown@example.com', password: 'not this one' });
  const said = ({ status, body }: typeof wrong) => [status, (body['error'] as { message: string }).message];
  expect(said(nobody)).toEqual(said(wrong));
  expect(wrong.status).toBe(401);
});

test('a hundred requests for a new password send three mails, and only the newest link works', async () => {
  await signUp('flood@example.com');
  mail.forget();
  // The mail of the sign-up counts too.
  ahead += HOUR_MS;
  const links: string[] = [];
  for (let index = 0; index < 3; index += 1)
    links.push(await linkFor('/password-resets', 'flood@example.com'));
  const froms = Array.from({ length: 97 }, (_, index) => `10.0.0.${String(index)}`);
  const answers = await Promise.all(
    froms.map((from) => post('/password-resets', { email: 'flood@example.com' }, { from })),
  );
  expect([...new Set(answers.map(({ status }) => status))]).toEqual([202]);
  await app.drain();
  expect(mail.mails).toHaveLength(3);
  const use = (link: string) =>
    post('/password-resets/use', { token: tokenIn(link), password: 'a new password' });
  expect((await use(links[0] ?? '')).status).toBe(422);
  expect((await use(links[1] ?? '')).status).toBe(422);
  expect((await use(links[2] ?? '')).status).toBe(200);
  expect((await use(links[2] ?? '')).status).toBe(422);
});

test('one caller cannot have mails sent to many addresses', async () => {
  const statuses: number[] = [];
  for (let index = 0; index < 22; index += 1)
    statuses.push(
      (await post('/sign-up', { email: `m${String(index)}@example.com` }, { from: '10.9.9.9' })).status,
    );
  expect(statuses.filter((status) => status === 202)).toHaveLength(20);
  expect(statuses.at(-1)).toBe(429);
});

test('a new password ends every session, and a link ends after an hour', async () => {
  const cookie = await signUp('reset@example.com');
  const late = tokenIn(await linkFor('/password-resets', 'reset@example.com'));
  ahead += HOUR_MS;
  const password = 'a new password';
  expect((await post('/password-resets/use', { token: late, password })).status).toBe(422);
  const token = tokenIn(await linkFor('/password-resets', 'reset@example.com'));
  expect((await post('/password-resets/use', { token, password: 'short' })).status).toBe(422);
  expect((await post('/password-resets/use', { token, password })).status).toBe(200);
  expect((await me(cookie)).status).toBe(401);
  expect((await post('/sign-in', { email: 'reset@example.com', password: PASSWORD })).status).toBe(401);
  expect((await post('/sign-in', { email: 'reset@example.com', password })).status).toBe(200);
  await app.drain();
  expect(mail.mails.at(-1)?.subject).toBe('Your password was changed');
});

test('guesses are slowed down, and the owner still signs in from a browser that they know', async () => {
  const email = 'guessed@example.com';
  const cookie = await signUp(email);
  const csrf = String((await me(cookie)).body['csrfToken']);
  const guesses = Array.from({ length: 40 }, (_, index) =>
    post('/sign-in', { email, password: `guess ${String(index)}` }, { from: `10.1.0.${String(index)}` }),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 429).length).toBeLessThanOrEqual(10);
  const stranger = await post('/sign-in', { email, password: PASSWORD }, { from: '10.1.1.1' });
  expect(stranger.status).toBe(429);
  expect((await post('/sign-in', { email, password: PASSWORD }, { cookie, csrf })).status).toBe(200);
  ahead += HOUR_MS;
  expect((await post('/sign-in', { email, password: PASSWORD }, { from: '10.1.1.1' })).status).toBe(200);
});

test('a session changes its password with the current one, and ends the others', async () => {
  const email = 'change@example.com';
  const other = await signUp(email);
  const { cookie } = await post('/sign-in', { email, password: PASSWORD });
  const csrf = String((await me(cookie)).body['csrfToken']);
  const put = (body: object) => post('/me/password', body, { cookie, csrf, method: 'PUT' });
  expect((await put({ current: 'wrong', password: 'a new password' })).status).toBe(422);
  expect((await put({ current: PASSWORD, password: 'a new password' })).status).toBe(200);
  expect((await me(other)).status).toBe(401);
  expect((await me(cookie)).status).toBe(200);
});

test('an address that has an account gets a mail that says so, and no second account', async () => {
  await signUp('twice@example.com');
  mail.forget();
  const link = await linkFor('/sign-up', 'twice@example.com');
  expect(mail.mails.map(({ subject }) => subject)).toEqual(['You have an account already']);
  expect(link).toBe(`${app.url}/sign-in`);
});

test('who signs in with a provider gets no link for a password, until they set one', async () => {
  const email = 'provider@example.com';
  const account = { login: null, avatarUrl: null, githubId: 77, googleId: null, openId: null };
  await app.ports.users.create({ ...account, name: 'Lisa', email, emailVerified: true });
  await linkFor('/password-resets', email);
  expect(mail.mails.map(({ subject }) => subject)).toEqual(['Your account has no password']);
  // An address that nobody proved is nobody's.
  await app.ports.users.saveFromGitHub({
    githubId: 78,
    login: 'bart',
    email: 'bart@example.com',
    avatarUrl: null,
  });
  expect(await linkFor('/password-resets', 'bart@example.com')).toBe('');
});

test.each([
  [{ email: 'no address', password: PASSWORD }, 400],
  [{ email: { $gt: '' }, password: PASSWORD }, 400],
  [{ email: 'a@example.com', password: { $ne: '' } }, 400],
  [{ email: 'a@example.com', password: 'x'.repeat(5_000) }, 400],
  [{ email: 'a@example.com', password: 'x'.repeat(4_000) }, 401],
  [{ email: 'a@example.com', password: PASSWORD, admin: true }, 400],
])('signing in with %j answers %i', async (body, status) => {
  expect((await post('/sign-in', body)).status).toBe(status);
});

test('a server without accounts with a password says so, and one for the invited sends links to them only', async () => {
  await using off = await startOther({ passwordAccounts: 'off' });
  for (const path of ['/sign-up', '/sign-in', '/password-resets']) {
    const body = { email: 'a@example.com', ...(path === '/sign-in' ? { password: PASSWORD } : {}) };
    expect((await off.post(path, body)).status).toBe(403);
  }
  await using invited = await startOther({ passwordAccounts: 'invited', admins: ['boss@example.com'] });
  for (const email of ['stranger@example.com', 'boss@example.com'])
    expect((await invited.post('/sign-up', { email })).status).toBe(202);
  await invited.app.drain();
  expect(mail.mails.map(({ recipients }) => recipients)).toEqual([['boss@example.com']]);
});

async function startOther(config: Partial<Config>) {
  const other = await startApp({
    config: { mailFrom: 'vitrine@example.com', ...config },
    secrets: { smtpUrl: mail.url },
  });
  return {
    app: other,
    post: (path: string, body: unknown) =>
      other.api(`/api/v1${path}`, {
        method: 'POST',
        token: null,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    [Symbol.asyncDispose]: () => other.close(),
  };
}
