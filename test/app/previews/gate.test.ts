import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type AccessRule, newGrant, sealGrant } from '../../../src/access/grant.js';
import { writeCode } from '../../../src/access/hand-over.js';
import { issueBypass } from '../../../src/access/links.js';
import { hashToken } from '../../../src/people/api-token.js';
import { startPreviewServer, type Ask } from '../../support/preview-server.js';

const MINUTE = 60_000;
const LABEL = 'pr-1-hello';
const ORIGIN = `http://${LABEL}.localhost`;
const PASSWORD = 'correct horse';
const RULE: AccessRule = {
  ...{ mode: 'password', environmentId: 'e1', slug: LABEL, projectId: 'p1', repoId: 812 },
  passwordVersion: 'v1',
};
const ON_GITHUB: AccessRule = { ...RULE, mode: 'github', passwordVersion: null };

let server: Awaited<ReturnType<typeof startPreviewServer>>;

beforeEach(async () => {
  server = await startPreviewServer();
  await server.publish({
    'index.html': '<h1>secret page</h1>',
    'app.js': 'secret()',
    _headers: '/*\n  Cache-Control: public, max-age=31536000\n',
    _redirects: '/old /new\n',
  });
  const hash = await server.gate.passwords.hash(PASSWORD);
  const set = { setBy: 'octavia', setAt: new Date() };
  await server.gate.previewPasswords.set({ projectId: 'p1', hash, version: 'v1', ...set });
  server.protect(RULE);
});
afterEach(() => server.close());

const cookieOf = (setCookie: readonly string[] | undefined, name = 'vitrine-access') =>
  (setCookie ?? []).find((line) => line.startsWith(`${name}=`))?.split(';')[0] ?? '';

const enter = (password: string, { headers, ...ask }: Ask = {}) =>
  server.ask('/.well-known/vitrine/password', {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: String(new URLSearchParams({ password, to: '/app.js?x=1' })),
    ...ask,
  });

const bypass = () => {
  const parts = { ...server.gate, newId: () => `l${String(Math.random())}` };
  return issueBypass(parts, { environment: { id: 'e1', projectId: 'p1' }, createdBy: 'run 1' });
};

test.each(['/', '/app.js', '/old', '/missing', '/.well-known/vitrine/status', '/.well-known/vitrine/other'])(
  'a stranger gets nothing of a protected preview at %s',
  async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
      const { status, headers, text } = await server.ask(path, { method });
      expect([method, status]).toEqual([method, 401]);
      expect(headers['cache-control']).toBe('private, no-store');
      expect(headers['etag']).toBeUndefined();
      expect(text).not.toMatch(/secret/);
    }
  },
);

test('the page of a stranger has the form, says nothing of what is behind it, and can be sent to its own host only', async () => {
  const { text, headers } = await server.ask('/docs?a=1&b="><script>');
  expect(text).toContain('This preview is protected');
  expect(text).toContain('action="/.well-known/vitrine/password"');
  expect(text).not.toContain('<script>');
  expect(headers['content-security-policy']).toContain("form-action 'self'");
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(JSON.parse((await server.ask('/.well-known/vitrine/status')).text)).toEqual({
    ...{ state: 'protected', live: false },
  });
});

test('the password lets in, with a cookie of this host, to the page that was asked for', async () => {
  const { status, headers } = await enter(PASSWORD);
  expect([status, headers.location]).toEqual([303, '/app.js?x=1']);
  const [line = ''] = headers['set-cookie'] ?? [];
  expect(line).toMatch(/^vitrine-access=[^;]+; Max-Age=43(200|1\d\d); Path=\/; HttpOnly; SameSite=Lax$/);
  const cookie = cookieOf(headers['set-cookie']);
  const answer = await server.ask('/app.js', { headers: { cookie } });
  expect([answer.status, answer.text]).toEqual([200, 'secret()']);
  // No shared cache may keep it, whatever the site says.
  expect(answer.headers).toMatchObject({
    'cache-control': 'private, max-age=0, must-revalidate',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(answer.headers['set-cookie']).toBeUndefined();
  const again = await server.ask('/app.js', {
    headers: { cookie, 'if-none-match': answer.headers.etag ?? '' },
  });
  expect([again.status, again.headers['cache-control']]).toEqual([
    304,
    'private, max-age=0, must-revalidate',
  ]);
});

test('the cookie is renewed while the preview is visited, and ends when the password is changed', async () => {
  const cookie = cookieOf((await enter(PASSWORD)).headers['set-cookie']);
  server.pass(61 * MINUTE);
  const renewed = cookieOf((await server.ask('/', { headers: { cookie } })).headers['set-cookie']);
  expect(renewed).toMatch(/^vitrine-access=/);
  expect(renewed).not.toBe(cookie);
  server.pass(11.5 * 60 * MINUTE);
  expect((await server.ask('/', { headers: { cookie } })).status).toBe(401);
  expect((await server.ask('/', { headers: { cookie: renewed } })).status).toBe(200);
  server.protect({ ...RULE, passwordVersion: 'v2' });
  expect((await server.ask('/', { headers: { cookie: renewed } })).status).toBe(401);
  server.protect(ON_GITHUB);
  expect((await server.ask('/', { headers: { cookie: renewed } })).status).toBe(401);
});

test('a cookie of another host, of another preview, or one that was made up opens nothing', async () => {
  const of = (label: string, rule: AccessRule) =>
    sealGrant(server.gate, newGrant({ label, rule, by: 'password', key: 'v1', now: new Date() }));
  const other = of('pr-2-hello', { ...RULE, environmentId: 'e2', slug: 'pr-2-hello' });
  const service = of(`api-${LABEL}`, RULE);
  const mine = of(LABEL, RULE);
  for (const text of [other, service, 'v1.x.y.z', '', 'a'.repeat(5_000)])
    expect((await server.ask('/', { headers: { cookie: `vitrine-access=${text}` } })).status).toBe(401);
  // Another preview can add cookies for the parent domain; they do not get in the way.
  const tossed = `vitrine-access=${other}; vitrine-access=${mine}`;
  expect((await server.ask('/', { headers: { cookie: tossed } })).status).toBe(200);
});

test('a wrong password, a form of another website, and too many attempts are refused with what to do', async () => {
  const wrong = await enter('wrong horse');
  expect([wrong.status, wrong.headers['set-cookie']]).toEqual([401, undefined]);
  expect(wrong.text).toContain('That password is wrong');
  expect(wrong.text).toContain('value="/app.js?x&#x3D;1"');
  for (const headers of [
    { origin: 'http://pr-2-hello.localhost' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const foreign = await enter(PASSWORD, { headers });
    expect([foreign.status, foreign.headers['set-cookie']]).toEqual([403, undefined]);
  }
  const matches = async () => false;
  const real = server.gate.passwords.matches;
  Object.assign(server.gate.passwords, { matches });
  for (let count = 1; count < 10; count += 1) await enter('wrong horse');
  Object.assign(server.gate.passwords, { matches: real });
  const late = await enter(PASSWORD);
  expect([late.status, late.headers['retry-after']]).toEqual([429, '900']);
  expect(late.text).toContain('Try again in 15 minutes');
});

test('without a password nobody can come in, and the page says why', async () => {
  server.protect({ ...RULE, passwordVersion: null });
  const { status, text } = await server.ask('/');
  expect(status).toBe(401);
  expect(text).toContain('No password is set');
  expect(text).not.toContain('<form');
});

test('signing in leads to the App and back: a code that works once, in this browser, and is gone from the address', async () => {
  server.protect(ON_GITHUB);
  server.gate.readers.add('u1');
  const page = await server.ask('/docs?x=1');
  expect(page.text).toContain('/.well-known/vitrine/sign-in?to&#x3D;%2Fdocs%3Fx%3D1');
  const begun = await server.ask('/.well-known/vitrine/sign-in?to=%2Fdocs%3Fx%3D1');
  const away = new URL(begun.headers.location ?? '');
  expect([begun.status, away.origin, away.pathname]).toEqual([303, 'http://vitrine.test', '/open-preview']);
  const state = cookieOf(begun.headers['set-cookie'], 'vitrine-state');
  expect(away.searchParams.get('host')).toBe(LABEL);
  expect(away.searchParams.get('state')).toBe(hashToken(state.replace('vitrine-state=', '')));
  const handOver = { label: LABEL, environmentId: 'e1', userId: 'u1', to: away.searchParams.get('to') ?? '' };
  const code = writeCode(server.gate, { ...handOver, state: away.searchParams.get('state') ?? '' });
  const back = `/.well-known/vitrine/enter?code=${code}`;
  expect((await server.ask(back)).headers['set-cookie']).toBeUndefined();
  const entered = await server.ask(back, { headers: { cookie: state } });
  expect([entered.status, entered.headers.location]).toEqual([303, '/docs?x=1']);
  const cookie = cookieOf(entered.headers['set-cookie']);
  expect((await server.ask('/', { headers: { cookie } })).text).toContain('secret page');
  const twice = await server.ask(back, { headers: { cookie: state } });
  expect([twice.status, twice.headers['set-cookie']]).toEqual([401, undefined]);
  expect(twice.text).toContain('was used before');
});

test('who loses the right to read the repository is let in no longer, and rights are asked for now and then only', async () => {
  server.protect(ON_GITHUB);
  server.gate.readers.add('u1');
  const grant = newGrant({ label: LABEL, rule: ON_GITHUB, by: 'github', key: 'u1', now: new Date() });
  const cookie = `vitrine-access=${sealGrant(server.gate, grant)}`;
  const ask = () => server.ask('/', { headers: { cookie } });
  for (let count = 0; count < 5; count += 1) expect((await ask()).status).toBe(200);
  expect(server.gate.asked()).toBe(0);
  server.pass(6 * MINUTE);
  const answers = await Promise.all(Array.from({ length: 10 }, ask));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(server.gate.asked()).toBe(1);
  expect(cookieOf(answers[0]?.headers['set-cookie'])).toMatch(/^vitrine-access=/);
  server.gate.readers.delete('u1');
  server.pass(6 * MINUTE);
  expect((await ask()).status).toBe(401);
  expect(server.gate.asked()).toBe(2);
});

test('a token in the address lets in with a cookie and is removed from the address', async () => {
  const token = await bypass();
  const { status, headers } = await server.ask(`/app.js?a=%20b&vitrine-bypass=${token}&c`);
  expect([status, headers.location]).toEqual([303, '/app.js?a=%20b&c']);
  const cookie = cookieOf(headers['set-cookie']);
  expect((await server.ask('/app.js', { headers: { cookie } })).text).toBe('secret()');
  const dead = await server.ask(`/?vitrine-share=vts_${'x'.repeat(43)}`);
  expect(dead.status).toBe(401);
  expect(dead.text).toContain('it was revoked, or its time is over');
});

test('a token in the header lets every request in, and ends with its time and with the link', async () => {
  const token = await bypass();
  const headers = { 'x-vitrine-bypass': token };
  const visited = await server.ask('/', { headers });
  expect(visited.status).toBe(200);
  expect(cookieOf(visited.headers['set-cookie'])).toMatch(/^vitrine-access=/);
  const loaded = await server.ask('/app.js', { headers: { ...headers, 'sec-fetch-mode': 'no-cors' } });
  expect([loaded.status, loaded.headers['set-cookie']]).toEqual([200, undefined]);
  server.protect({ ...RULE, environmentId: 'e2' });
  expect((await server.ask('/', { headers })).status).toBe(401);
  server.protect(RULE);
  server.pass(12 * 60 * MINUTE);
  expect((await server.ask('/', { headers })).status).toBe(401);
});

test('a program sees neither the cookie nor the token, and its answers are kept by no shared cache', async () => {
  const seen: { url: string | undefined; headers: unknown }[] = [];
  const program = createServer(({ url, headers }, response) => {
    seen.push({ url, headers });
    response.setHeader('set-cookie', 'own=1');
    response.setHeader('cache-control', 'public, s-maxage=600, max-age=60, immutable');
    response.setHeader('cdn-cache-control', 'max-age=600');
    response.end('hello');
  });
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
  const { port } = program.address() as AddressInfo;
  server.show({ kind: 'upstream', deploymentId: 'd1', host: '127.0.0.1', port });
  try {
    expect((await server.ask('/', { method: 'POST' })).status).toBe(401);
    expect(seen).toEqual([]);
    const access = cookieOf((await enter(PASSWORD)).headers['set-cookie']);
    server.pass(61 * MINUTE);
    const cookie = `a=1; ${access}; vitrine-state=x; b=2`;
    const answer = await server.ask('/page?x=1', { headers: { cookie } });
    expect(answer.text).toBe('hello');
    expect(answer.headers['cache-control']).toBe('private, max-age=60, immutable');
    expect(answer.headers['cdn-cache-control']).toBeUndefined();
    // Both: its own, and the newer grant.
    expect(answer.headers['set-cookie']?.map((line) => line.split('=')[0]).sort()).toEqual([
      'own',
      'vitrine-access',
    ]);
    const token = await bypass();
    const asked = `/send?vitrine-bypass=${token}&y=2`;
    const sent = { method: 'POST', headers: { 'x-vitrine-bypass': token, cookie: access } };
    expect((await server.ask(asked, sent)).status).toBe(200);
    expect(seen.map(({ url }) => url)).toEqual(['/page?x=1', '/send?y=2']);
    expect(seen[0]?.headers).toMatchObject({ cookie: 'a=1; b=2' });
    expect(JSON.stringify(seen)).not.toMatch(/vitrine|vtb_/);
  } finally {
    program.closeAllConnections();
    await new Promise((resolve) => program.close(resolve));
  }
});

test('a public preview needs nothing, and a token in its address is dropped', async () => {
  server.protect(null);
  const { status, headers, text } = await server.ask(`/?vitrine-bypass=&x=1`);
  expect([status, text]).toEqual([200, '<h1>secret page</h1>']);
  expect(headers['cache-control']).toBe('public, max-age=31536000');
  expect((await server.ask('/.well-known/vitrine/password')).status).toBe(404);
});
