import { expect, test } from '@jest/globals';
import { describeApi } from '../../../app/api/openapi.js';
import { ROUTES } from '../../../src/contract/routes.js';

const description = describeApi('1.2.3');

test('every route of the contract is described under its path and method', () => {
  const described = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(described.toSorted()).toEqual(
    Object.values(ROUTES)
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  );
});

test('what needs a token says so, and what anybody may ask does not', () => {
  expect(description.paths['/healthz']?.['get']).not.toHaveProperty('security');
  expect(description.paths['/api/v1/environments']?.['get']).toMatchObject({ security: [{ token: [] }] });
});

test('bodies are described by the schemas that check them', () => {
  expect(description.paths['/api/v1/deployments']?.['post']).toMatchObject({
    requestBody: {
      content: {
        'application/json': {
          schema: { type: 'object', additionalProperties: false, required: ['sha', 'pullRequest', 'run'] },
        },
      },
    },
  });
});
