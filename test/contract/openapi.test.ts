import { expect, test } from '@jest/globals';
import { describeApi, errorsOf, OPERATIONS } from '../../src/contract/openapi.js';

const description = describeApi('1.2.3');
const at = (path: string, method: string) => description.paths[path]?.[method] as Record<string, unknown>;

test('every operation is described under its path and method', () => {
  const described = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(described.toSorted()).toEqual(
    Object.values(OPERATIONS)
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  );
});

test('an operation that needs a token says so and for whom it is', () => {
  expect(at('/healthz', 'get')).not.toHaveProperty('security');
  expect(at('/healthz', 'get')).toMatchObject({ description: 'For: anyone.' });
  expect(at('/api/v1/deployments/{id}', 'get')).toMatchObject({
    description: 'For: run, operator, user.',
    security: [{ token: [] }, { session: [] }],
  });
});

test('bodies are described by the schemas that check them', () => {
  expect(at('/api/v1/deployments', 'post')).toMatchObject({
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { type: 'object', additionalProperties: false, required: ['sha', 'pullRequest', 'run'] },
        },
      },
    },
  });
  expect(at('/api/v1/deployments/{id}/blobs', 'post')).toMatchObject({
    requestBody: { content: { 'application/octet-stream': {} } },
  });
});

test('parameters of the path and of the query are described, with their types and defaults', () => {
  expect(at('/api/v1/environments/{id}/deployments', 'get')).toMatchObject({
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{24}$' } },
      { name: 'cursor', in: 'query', required: false, schema: { type: 'string' } },
      { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 50, maximum: 100 } },
    ],
  });
});

test('answers refer to named schemas, and each error has its status and its codes', () => {
  const { responses } = at('/api/v1/deployments/{id}', 'patch') as { responses: Record<string, unknown> };
  expect(Object.keys(responses)).toEqual([
    '200',
    '400',
    '401',
    '403',
    '404',
    '409',
    '410',
    '413',
    '415',
    '422',
    '500',
    '503',
  ]);
  expect(responses['200']).toMatchObject({
    content: {
      'application/json': {
        schema: { properties: { environment: { $ref: '#/components/schemas/EnvironmentView' } } },
      },
    },
  });
  expect(responses['409']).toMatchObject({
    description: 'Error: `conflict` or `stale_head`',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorAnswer' } } },
  });
});

test('every reference leads to a named schema', () => {
  const references = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  const names = new Set(references.map(([, name]) => name));
  expect([...names].filter((name) => !(String(name) in description.components.schemas))).toEqual([]);
  expect(names.size).toBeGreaterThan(3);
});

test('only operations that take workflow identities can answer that there were too many', () => {
  expect(errorsOf(OPERATIONS.startDeployment)).toContain('too_many_requests');
  expect(errorsOf(OPERATIONS.listEnvironments)).not.toContain('too_many_requests');
  expect(errorsOf(OPERATIONS.checkHealth)).not.toContain('forbidden');
});
