import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describeApi, errorsOf, OPERATIONS } from '../../src/contract/openapi.js';
import type { Operation } from '../../src/contract/operation.js';
import { tagOf } from '../../src/contract/words.js';

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
  expect(at('/healthz', 'get')).toMatchObject({ description: 'For: anyone.', security: [] });
  expect(at('/api/v1/deployments/{id}', 'get')).toMatchObject({
    description:
      'For: the workflow run of the deployment; operators; people who may read the repository (tokens: `read`).',
    security: [{ token: [] }, { session: [] }],
  });
  expect(at('/api/v1/deployments', 'post')).toMatchObject({ security: [{ identity: [] }] });
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
      { $ref: '#/components/parameters/IfNoneMatch' },
    ],
  });
});

test('fields that share one schema are each described by their own name', () => {
  const { schemas } = description.components;
  expect(schemas.DeploymentView?.properties).toMatchObject({
    id: { description: 'Its id.' },
    environmentId: { description: 'The environment that it belongs to.' },
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
    '429',
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

test('a write of people takes an idempotency key, and a probe is never limited', () => {
  const key = { $ref: '#/components/parameters/IdempotencyKey' };
  expect(at('/api/v1/environments/{id}/extend', 'post')['parameters']).toContainEqual(key);
  expect(at('/api/v1/deployments/{id}/logs', 'post')['parameters']).not.toContainEqual(key);
  expect(errorsOf(OPERATIONS.extendEnvironment)).toEqual(
    expect.arrayContaining(['conflict', 'unprocessable']),
  );
  expect(errorsOf(OPERATIONS.checkHealth)).not.toContain('too_many_requests');
  expect(errorsOf(OPERATIONS.checkHealth)).not.toContain('forbidden');
});

test('every noun has its tag, and every parameter its words', () => {
  const tags = description.tags.map(({ name }) => name);
  expect(tags).toEqual(expect.arrayContaining(['environments', 'deployments', 'server']));
  for (const { path } of Object.values<Operation>(OPERATIONS)) expect(tags).toContain(tagOf(path));
  expect(description.tags.every((tag) => tag.description.length > 10)).toBe(true);
});

test.each(Object.entries<Operation>(OPERATIONS))(
  'the examples of %s are taken by its schemas',
  (_name, operation) => {
    const described = at(
      operation.path.replace(/:(\w+)/g, '{$1}'),
      operation.method.toLowerCase(),
    ) as unknown as Described;
    const [body] = Object.values(described.requestBody?.content ?? {});
    if (typeof operation.body === 'function') expect(operation.body().parse(body?.example)).toBeDefined();
    for (const [status, answer] of Object.entries(operation.answers)) {
      const example = described.responses[status]?.content?.['application/json']?.example;
      if (typeof answer === 'function') expect(answer().parse(example)).toBeDefined();
    }
  },
);

type Content = Readonly<Record<string, { readonly example?: unknown }>>;
interface Described {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

test('the description passes the recommended rules of a linter', async () => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      // `/environments/namespace/{namespace}`: the words of fixed parts are no ids, so no request fits two paths.
      'no-ambiguous-paths': 'off',
      // A redirect is an answer too.
      'operation-2xx-response': 'off',
    },
  });
  const source = JSON.stringify(description);
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );
});
