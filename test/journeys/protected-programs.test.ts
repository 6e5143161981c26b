import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { issueBypass } from '../../src/access/links.js';
import { setPreviewPassword } from '../../src/access/password.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { commitLabel } from '../../src/shared/preview-url.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { openPrograms } from '../support/program-stage.js';

const PASSWORD = 'correct horse battery';
const BROWSER = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' };

let stage: Awaited<ReturnType<typeof openPrograms>>;

beforeAll(async () => {
  stage = await openPrograms();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** A program that is live and protected by a password. */
async function protectedProgram(slug: string): Promise<StoredEnvironment> {
  const { ports } = stage.app;
  const shown = await stage.show(slug);
  const { settings, projectId } = shown;
  if (!settings) throw new Error('It should have settings.');
  await ports.environments.change(shown, {
    patch: { settings: { ...settings, access: 'password' } },
    due: [],
  });
  const project = { id: projectId, slug, name: slug };
  await setPreviewPassword(ports, { project, password: PASSWORD, actor: 'tests' });
  return stage.read(shown);
}

const bypassOf = (environment: StoredEnvironment) =>
  issueBypass(stage.app.ports, { environment, createdBy: 'run 1' });

/** A cookie of one host, by a token in its address. */
async function cookieOf(label: string, token: string): Promise<string> {
  const { headers } = await stage.visit(label, { path: `/?vitrine-bypass=${token}` });
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Asks for a WebSocket; answers the head of the answer. */
async function upgrade(label: string, headers: Readonly<Record<string, string>> = {}, path = '/socket') {
  const socket: Socket = connect(stage.app.port, '127.0.0.1');
  const lines = Object.entries({ host: `${label}.localhost:${String(stage.app.port)}`, ...headers });
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(
    `GET ${path} HTTP/1.1\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: abc\r\n${text}\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString().split('\r\n')[0];
}

const asked = (environment: StoredEnvironment) => stage.program(environment).asked.map(({ path }) => path);

test('a stranger wakes no protected program, at none of its hosts and by no kind of request', async () => {
  const environment = await protectedProgram('pr-1-shop');
  await stage.fallAsleep();
  const commit = commitLabel({ sha: environment.current?.sha ?? '', label: 'pr-1-shop' });
  for (const label of ['pr-1-shop', commit, 'api-pr-1-shop'])
    for (const headers of [BROWSER, {}, { 'x-vitrine-bypass': `vtb_${'x'.repeat(43)}` }]) {
      const came = await stage.visit(label, headers);
      expect([label, came.status]).toEqual([label, 401]);
      expect(came.body).not.toMatch(/waking|asleep|octavia/);
    }
  expect(await upgrade('pr-1-shop')).toBe('HTTP/1.1 401 Refused');
  const { status, asleep } = await stage.read(environment);
  expect([status, asleep?.stoppedAt]).toEqual([ENVIRONMENT_STATUS.sleeping, expect.any(Date)]);
  expect(stage.program(environment)).toMatchObject({ starts: 1, port: null, asked: [] });
});

test('who shows a token wakes it, gets the answer, and a page that waits stays behind the gate', async () => {
  const environment = await protectedProgram('pr-2-shop');
  await stage.fallAsleep();
  const token = await bypassOf(environment);
  const waiting = await stage.visit('pr-2-shop', { ...BROWSER, cookie: await cookieOf('pr-2-shop', token) });
  expect(waiting.status).toBe(503);
  expect(waiting.body).toContain('This preview is waking up');
  const came = await stage.visit('pr-2-shop', { 'x-vitrine-bypass': token, path: '/late?a=1' });
  expect([came.status, came.body]).toEqual([200, 'hello from /late?a=1']);
  expect(asked(environment)).toEqual(['/late?a=1']);
});

test('a WebSocket needs a token, or the cookie of its host and a page of the same preview', async () => {
  const environment = await protectedProgram('pr-3-shop');
  const token = await bypassOf(environment);
  const cookie = await cookieOf('pr-3-shop', token);
  const origin = (label: string) => `http://${label}.localhost:${String(stage.app.port)}`;
  const yes = 'HTTP/1.1 101 Switching Protocols';
  const no = 'HTTP/1.1 401 Refused';
  expect(await upgrade('pr-3-shop')).toBe(no);
  expect(await upgrade('pr-3-shop', { 'x-vitrine-bypass': token })).toBe(yes);
  expect(await upgrade('pr-3-shop', {}, `/socket?vitrine-bypass=${token}`)).toBe(yes);
  expect(await upgrade('pr-3-shop', { cookie, origin: origin('pr-3-shop') })).toBe(yes);
  expect(await upgrade('pr-3-shop', { cookie, origin: origin('web-pr-3-shop') })).toBe(yes);
  // Another preview is the same site to a browser, so it sends the cookie.
  for (const foreign of [origin('pr-4-shop'), 'https://evil.example', 'null', origin('pr-3-shop.evil')])
    expect(await upgrade('pr-3-shop', { cookie, origin: foreign })).toBe(no);
  // The cookie of one host is none of another.
  expect(await upgrade('api-pr-3-shop', { cookie })).toBe(no);
  expect((await stage.visit('api-pr-3-shop', { cookie })).status).toBe(401);
});

test('a stream of events flows to who was let in, and begins for nobody else', async () => {
  const environment = await protectedProgram('pr-5-shop');
  const cookie = await cookieOf('pr-5-shop', await bypassOf(environment));
  stage.target.answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: welcome\n\n');
  });
  const events = { accept: 'text/event-stream' };
  const stranger = await stage.visit('pr-5-shop', events);
  expect([stranger.status, stranger.body.includes('welcome')]).toEqual([401, false]);
  const came = await stage.visit('pr-5-shop', { ...events, cookie });
  expect([came.status, came.headers['cache-control'], came.body]).toEqual([
    200,
    'private, max-age=0, must-revalidate',
    'data: welcome\n\n',
  ]);
  stage.target.answerWith((request, response) => response.end(`hello from ${request.url ?? ''}`));
});
