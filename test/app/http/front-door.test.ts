import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dripping, rawHttp, statusOf } from '../../support/raw-http.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({
    config: { publicUrl: 'http://app.example.com', previewDomain: 'previews.example.net' },
  });
});
afterAll(async () => {
  await app.close();
});

const get = (path: string, headers: string[], method = 'GET') =>
  rawHttp(app.port, [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n'));

test.each([
  ['the App by its own name', ['Host: app.example.com'], 200],
  ['with a port', ['Host: app.example.com:80'], 200],
  ['with a final dot', ['Host: app.example.com.'], 200],
  ['in upper case', ['Host: APP.EXAMPLE.COM'], 200],
  ['by the name of this machine, from this machine', ['Host: localhost'], 200],
  ['a foreign host', ['Host: evil'], 421],
  ['a longer name', ['Host: app.example.com.evil'], 421],
  ['a name that ends alike', ['Host: evilapp.example.com'], 421],
  ['two hosts', ['Host: app.example.com', 'Host: evil'], 400],
  ['no host', [], 400],
  [
    'a foreign host with our name in X-Forwarded-Host',
    ['Host: evil', 'X-Forwarded-Host: app.example.com'],
    421,
  ],
  [
    'our name with a foreign host in X-Forwarded-Host',
    ['Host: app.example.com', 'X-Forwarded-Host: evil'],
    200,
  ],
  ['two credentials', ['Host: app.example.com', 'Authorization: Bearer a', 'Authorization: Bearer b'], 400],
])('a request for %s is answered %#', async (_what, headers, status) => {
  expect(statusOf(await get('/api/v1/openapi.json', headers))).toBe(status);
});

test.each([
  ['a whole address in the request line', 'http://app.example.com/api/v1/openapi.json', 400],
  ['a foreign address in the request line', 'http://evil/api/v1/openapi.json', 400],
  ['only a star', '*', 400],
])('%s is refused', async (_what, target, status) => {
  expect(statusOf(await get(target, ['Host: app.example.com'], target === '*' ? 'OPTIONS' : 'GET'))).toBe(
    status,
  );
});

test('headers of 64 KiB are refused with 431', async () => {
  expect(statusOf(await get('/healthz', ['Host: app.example.com', `X-Long: ${'a'.repeat(65_536)}`]))).toBe(
    431,
  );
});

test.each([
  ['both a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
  ['a length that is none', ['Content-Length: +5']],
  ['chunks twice removed', ['Transfer-Encoding: xchunked']],
  ['a folded header', ['X-A: b', ' Host: evil']],
  ['a header name with a space', ['Host : evil']],
])('a request with %s is refused before anything reads it', async (_what, headers) => {
  const answer = await get('/api/github/webhooks', ['Host: app.example.com', ...headers], 'POST');
  expect(statusOf(answer)).toBe(400);
});

test('the health check answers for any host name, and nothing else does', async () => {
  const answer = await get('/healthz', ['Host: 10.1.2.3:3000']);
  expect(statusOf(answer)).toBe(200);
  expect(statusOf(await get('/api/v1/environments', ['Host: 10.1.2.3:3000']))).toBe(421);
});

test('hosts of previews never reach the App, not even its webhooks or its API', async () => {
  for (const path of ['/healthz', '/api/v1/openapi.json', '/api/github/webhooks']) {
    const answer = await get(path, ['Host: pr-1-hello.previews.example.net']);
    expect(statusOf(answer)).toBe(404);
    expect(answer).toContain('x-robots-tag: noindex');
  }
});

/** Reset or ended. */
const closed = (client: Socket) => new Promise((resolve) => client.once('close', resolve));

test.each([
  ['a preview', 'POST / HTTP/1.1', 'pr-1-hello.previews.example.net'],
  ['the page of the App', 'GET / HTTP/1.1', 'app.example.com'],
  ['a foreign host', 'POST / HTTP/1.1', 'evil'],
])('a body that never comes holds no connection, after %s has answered', async (_what, line, host) => {
  const client = dripping(app.port, `${line}\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\nx`);
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(statusOf(answer.toString('latin1'))).toBeGreaterThanOrEqual(200);
  client.resume();
  await closed(client);
});

test.each(['POST', 'GET'])('the body of a %s to a preview is dropped, however long it is', async (method) => {
  const client = connect(app.port, '127.0.0.1').on('error', () => undefined);
  client.write(
    `${method} / HTTP/1.1\r\nHost: pr-1-hello.previews.example.net\r\nContent-Length: 1000000000\r\n\r\n`,
  );
  // A busy machine may reset the connection before the answer was read.
  let answer = '';
  client.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  const more = setInterval(() => client.write('x'.repeat(1_000)), 50);
  await closed(client);
  clearInterval(more);
  if (answer !== '') expect(statusOf(answer)).toBe(method === 'GET' ? 404 : 405);
  expect(client.bytesWritten).toBeLessThan(1_000_000);
});

test('every answer of the App has the security headers and names no software', async () => {
  for (const path of ['/healthz', '/nothing', '/api/v1/environments']) {
    const { headers } = await fetch(`http://127.0.0.1:${app.port}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000',
      'cache-control': 'no-store',
    });
    expect([
      headers.get('x-powered-by'),
      headers.get('server'),
      headers.get('access-control-allow-origin'),
    ]).toEqual([null, null, null]);
  }
});
