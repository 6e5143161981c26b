import { expect, test } from '@jest/globals';
import { createClient, pathTo, type Sent } from '../../src/contract/client.js';
import { RecordProgressBody } from '../../src/contract/deployments.js';
import { listEnvironments } from '../../src/contract/environments.js';
import { appendLogs } from '../../src/contract/logs.js';
import { OPERATIONS } from '../../src/contract/openapi.js';
import type { Operation } from '../../src/contract/operation.js';
import { uploadPlan } from '../../src/contract/uploads.js';
import { causeOf } from '../../src/shared/cause/find.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { ARTIFACT_LIMITS } from '../../src/uploads/limits.js';
import { encodePlan } from '../../src/uploads/plan.js';

const operations: readonly [string, Operation][] = Object.entries(OPERATIONS);

test.each(operations)('%s checks exactly the parameters that its path names', (_name, { path, params }) => {
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(params?.().shape ?? {})).toEqual(named);
});

/** By the noun that the path begins with; a namespace is the other name of an environment. */
const RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/deployments\/:/, 'deploymentId'],
  [/^\/api\/v1\/environments\/:/, 'environmentId'],
  [/^\/api\/v1\/environments\/namespace\/:/, 'namespace'],
  [/^\/api\/v1\/projects\/:/, 'projectId'],
  [/^\/api\/v1\/repositories\/:/, 'repositoryId'],
  [/^\/api\/v1\/deliveries\/:/, 'deliveryId'],
];

test.each(operations)(
  '%s names the document that rights depend on by its first parameter',
  (_name, operation) => {
    const { resource, path } = operation;
    const noun = RESOURCES.find(([begins]) => begins.test(path))?.[1];
    const [parameter] = /(?<=:)\w+/.exec(path) ?? [];
    expect(resource).toEqual(noun === undefined ? undefined : { [noun]: parameter });
  },
);

test('no two operations have the same method and path', () => {
  const routes = operations.map(([, { method, path }]) => `${method} ${path}`);
  expect(new Set(routes).size).toBe(routes.length);
});

test('the largest plan of an upload fits into the body of its operation', () => {
  const keys = new BigUint64Array(ARTIFACT_LIMITS.files);
  const plan = encodePlan({ root: 'a'.repeat(64), bytes: 1, base: 'any', keys });
  expect(plan.length).toBe(uploadPlan.maxBytes);
});

test('the client fills in path and query, and sends what an operation takes', async () => {
  const sent: Sent[] = [];
  const client = createClient({ send: async (one) => (sent.push(one), { stored: true }), token: () => 't' });
  const line = { at: '2026-11-20T12:00:00Z', stage: 'building', level: 'info', text: 'hello' } as const;
  const body = { seq: 1, lines: [line] };
  expect(await client(appendLogs, { params: { id: 'a/b' }, body })).toEqual({ stored: true });
  expect(sent).toMatchObject([
    { method: 'POST', path: '/api/v1/deployments/a%2Fb/logs', token: 't', contentType: 'application/json' },
  ]);
  expect(JSON.parse(Buffer.from(sent[0]?.body ?? []).toString())).toEqual(body);
  expect(sent[0]).not.toHaveProperty('idempotencyKey');
  await client(appendLogs, { params: { id: 'a' }, body }, { idempotencyKey: 'once' });
  expect(sent[1]).toMatchObject({ idempotencyKey: 'once' });
  expect(pathTo(listEnvironments, { query: { status: 'ready', limit: 5 } })).toBe(
    '/api/v1/environments?status=ready&limit=5',
  );
});

test('the client refuses an answer of another shape, and asks nothing without a token', async () => {
  const body = { seq: 1, lines: [] };
  const wrong = createClient({ send: async () => ({ stored: 'no' }), token: () => 't' });
  await expect(wrong(appendLogs, { params: { id: 'a' }, body })).rejects.toThrow('stored');
  const early = createClient({ send: async () => ({ stored: true }), token: () => '' });
  await expect(early(appendLogs, { params: { id: 'a' }, body })).rejects.toMatchObject({
    code: 'unauthorized',
  });
});

test('a run may report the largest cause that can be found, none, or more than the server takes: that is refused', () => {
  const line = `ValueError: ${'🧨'.repeat(1_000)}`;
  const frames = Array.from({ length: 100 }, () => `  File "a.py", line 1 ${'x'.repeat(1_000)}`);
  const cause = causeOf(['Traceback (most recent call last):', ...frames, line, ...frames]);
  const outcome = { status: DEPLOYMENT_STATUS.failed, error: 'x', logTail: [] };
  const accepts = (given: object) =>
    RecordProgressBody().safeParse({ generation: 1, outcome: { ...outcome, ...given } }).success;
  expect(cause?.line.length).toBeGreaterThan(500);
  expect(accepts({ cause })).toBe(true);
  expect(accepts({})).toBe(true);
  expect(accepts({ cause: { ...cause, line: 'x'.repeat(601) } })).toBe(false);
  expect(accepts({ cause: { ...cause, excerpt: Array.from({ length: 41 }, () => 'x') } })).toBe(false);
});
