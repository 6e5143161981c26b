import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../../src/people/api-token.js';
import { ErrorAnswer } from '../../../src/contract/shapes.js';
import { rawHttp, statusOf } from '../../support/raw-http.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;
const DEPLOYMENT = 'd'.repeat(24);
const RUN_TOKEN = 'vtr_a-run';

beforeAll(async () => {
  app = await startApp();
  const scope = { kind: 'run', deploymentId: DEPLOYMENT, repoId: 11 } as const;
  await app.ports.tokens.issue({ hash: hashToken(RUN_TOKEN), scope, expiresAt: null });
});
afterAll(async () => {
  await app.close();
});

test.each([
  'environments?status[$ne]=ready',
  'environments?status=%7B%22%24gt%22%3A%22%22%7D',
  'environments?status=unknown',
  'environments?repository=a&repository=b',
  'environments?repository=%7B%22%24nor%22%3A%5B%7B%7D%5D%7D',
  'environments?repository=(a%2B)%2B%24',
  'environments?__proto__=x',
  'environments?$where=sleep(9e9)',
  'environments?sort=name',
  'environments?owner=acme',
  'environments?limit=1e9',
  'environments?limit=-1',
  'environments?limit=NaN',
  'environments?limit=0',
  'environments?limit=101',
  'environments?limit=',
  'environments?cursor=%7B%22%24gt%22%3A1%7D',
  'environments?cursor=',
  'environments?project=1234',
  'environments?active_only=1',
  `environments/${'a'.repeat(23)}`,
  `environments/${'a'.repeat(25)}`,
  'environments/%7B%22%24gt%22%3A%22%22%7D',
  'environments/__proto__',
  'environments/namespace/a%2fb',
  'environments/namespace/$where',
  `environments/${'a'.repeat(24)}/deployments?limit=x`,
  'deployments/not-an-id',
  'deliveries?status=anything',
  'deliveries?repository_id=1.5',
  'deliveries?event[$regex]=.*',
])('GET /api/v1/%s is a bad request', async (path) => {
  const response = await app.api(`/api/v1/${path}`);
  expect(response.status).toBe(400);
  expect(ErrorAnswer().parse(await response.json()).error).toMatchObject({
    code: 'bad_request',
    requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

const START = { sha: 'a'.repeat(40), pullRequest: 7, run: { id: '1', attempt: 1, job: 'build' } };
const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test.each<[string, string | Uint8Array, string, number]>([
  ['an operator in place of a text', JSON.stringify({ ...START, sha: { $gt: '' } }), 'application/json', 400],
  ['a list in place of a text', JSON.stringify({ ...START, project: ['a'] }), 'application/json', 400],
  ['an unknown field', JSON.stringify({ ...START, status: 'ready' }), 'application/json', 400],
  ['a prototype', `{"__proto__":{"sha":"x"},${JSON.stringify(START).slice(1)}`, 'application/json', 400],
  [
    'a text of a megabyte',
    JSON.stringify({ ...START, project: 'x'.repeat(1_000_000) }),
    'application/json',
    400,
  ],
  [
    'more than a megabyte',
    JSON.stringify({ ...START, project: 'x'.repeat(1_100_000) }),
    'application/json',
    413,
  ],
  ['200 levels of nesting', deep(200), 'application/json', 400],
  ['broken JSON', '{"sha":', 'application/json', 400],
  ['nothing', '', 'application/json', 400],
  ['broken UTF-8', Uint8Array.from([0x22, 0xff, 0x22]), 'application/json', 400],
  ['JSON that says it is text', JSON.stringify(START), 'text/plain', 415],
  ['a form', 'sha=a', 'application/x-www-form-urlencoded', 415],
])('a body with %s is refused', async (_what, body, type, status) => {
  const path = `/api/v1/deployments/${DEPLOYMENT}`;
  const response = await app.api(path, {
    method: 'PATCH',
    token: RUN_TOKEN,
    headers: { 'content-type': type },
    body,
  });
  expect(response.status).toBe(status);
  expect(ErrorAnswer().parse(await response.json()).error.requestId).not.toBe('');
});

test('a caller who may not send a body is refused before the body is read', async () => {
  const head = [`PATCH /api/v1/deployments/${DEPLOYMENT} HTTP/1.1`, 'Host: localhost'];
  const body = ['Content-Type: application/json', 'Content-Length: 99999999', '', '{'];
  expect(statusOf(await rawHttp(app.port, [...head, ...body].join('\r\n')))).toBe(401);
  const run = [...head, `Authorization: Bearer ${RUN_TOKEN}`, ...body];
  expect(statusOf(await rawHttp(app.port, run.join('\r\n')))).toBe(413);
});

test('a compressed body is refused, because its real size is unknown', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const response = await app.api(`/api/v1/deployments/${DEPLOYMENT}`, {
    method: 'PATCH',
    token: RUN_TOKEN,
    headers,
    body: '{}',
  });
  expect(response.status).toBe(415);
});
