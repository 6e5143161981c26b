import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rawHttp, statusOf } from '../../support/raw-http.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const ID = 'a'.repeat(24);
let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
});

/** As it is written: fetch would resolve dots and escapes. */
const ask = (line: string) => {
  const head = [`${line} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${app.operatorToken}`];
  return rawHttp(app.port, [...head, 'Connection: close', '', ''].join('\r\n'));
};

test.each([
  'POST //',
  'GET //api/v1/environments',
  'GET /api/v1/environments/',
  'GET /api/v1/environments//deployments',
  'GET /api/v1/environments/namespace/',
  'GET /API/v1/environments',
  'GET /api/v1/environments/%zz',
  'GET /api/v1/environments/a/b/c',
  'GET /api/v1/environments/../environments',
  'GET /api/v1/environments/%2e%2e/environments',
  'GET /healthz/',
  'GET /constructor',
  'PATCH /nothing',
])('%s leads nowhere, and the answer says where to look', async (line) => {
  const answer = await ask(line);
  expect(statusOf(answer)).toBe(404);
  expect(answer).toContain('There is nothing here. GET /api/v1/openapi.json lists what there is.');
  expect(answer).toMatch(/^x-request-id: [0-9a-f]{16}\r$/m);
  expect(answer).toMatch(/^x-content-type-options: nosniff\r$/m);
});

test.each([
  [`DELETE /api/v1/environments/${ID}`, 'GET'],
  ['POST /healthz', 'GET'],
  ['OPTIONS /api/v1/environments', 'GET'],
  ['PROPFIND /api/v1/environments', 'GET'],
  [`PUT /api/v1/deployments/${ID}/logs`, 'GET, POST'],
  [`HEAD /api/v1/environments/${ID}/destroy`, 'POST'],
])('%s is refused with the methods that the path has', async (line, allow) => {
  const answer = await ask(line);
  expect(statusOf(answer)).toBe(405);
  expect(answer).toContain(`\r\nallow: ${allow}\r\n`);
});

test('a fixed segment wins over a parameter, and HEAD asks like GET', async () => {
  expect(await ask('GET /api/v1/environments/namespace/a_b')).toContain('must be a namespace');
  const head = await ask('HEAD /api/v1/environments');
  expect([statusOf(head), head.split('\r\n\r\n')[1]]).toEqual([200, '']);
});

test('an escaped slash is a part of the value, never of the path', async () => {
  expect(await ask('GET /api/v1/environments/a%2Fb')).toContain('id: must be an id');
});

test.each([
  ['a fragment', `GET /api/v1/environments/${ID}#x`],
  ['a very long id', `GET /api/v1/environments/${'a'.repeat(5_000)}`],
  ['a prototype for an id', 'GET /api/v1/environments/__proto__'],
])('%s is a bad request', async (_what, line) => {
  expect(statusOf(await ask(line))).toBe(400);
});

test('a Content-Type that cannot be read is refused', async () => {
  const path = `/api/v1/environments/${ID}/destroy`;
  const response = await app.api(path, { method: 'POST', headers: { 'content-type': ';;' }, body: 'a' });
  expect([response.status, await response.json()]).toMatchObject([
    415,
    { error: { code: 'unsupported_media_type' } },
  ]);
});
