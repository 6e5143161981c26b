import { expect, test } from '@jest/globals';
import { createRouter } from '../../../app/api/api.js';
import { pathTo, ROUTES, type RouteName } from '../../../src/contract/routes.js';

const route = createRouter<RouteName>(ROUTES);
const NAMES = Object.keys(ROUTES) as RouteName[];

test.each(NAMES)('the path that the contract gives for %s leads there', (name) => {
  const parameters = Object.fromEntries(
    [...ROUTES[name].path.matchAll(/:(\w+)/g)].map(([, key]) => [key, 'x-1']),
  );
  expect(route(ROUTES[name].method, pathTo(name, parameters))).toEqual({ name, parameters });
});

test.each([
  ['POST', '//'],
  ['GET', '/api/v1/environments/'],
  ['GET', '/api/v1/environments//deployments'],
  ['GET', '/API/v1/environments'],
  ['GET', '/api/v1/environments/%zz'],
  ['GET', '/api/v1/environments/a/b/c'],
  ['GET', '/healthz/'],
  ['GET', '/constructor'],
])('%s %s leads nowhere', (method, path) => {
  expect(route(method, path)).toBeUndefined();
});

test.each([
  ['DELETE', '/api/v1/environments/x', ['GET']],
  ['POST', '/healthz', ['GET']],
  ['PUT', '/api/v1/deployments/x/logs', ['POST', 'GET']],
])('%s is not a method for %s', (method, path, allow) => {
  const match = route(method, path);
  expect(match && 'allow' in match && match.allow.toSorted()).toEqual(allow.toSorted());
});

test('a literal wins over a parameter, and HEAD asks like GET', () => {
  expect(route('GET', '/api/v1/environments/namespace/pr-1-x')).toMatchObject({
    name: 'environmentByNamespace',
  });
  expect(route('HEAD', '/api/v1/environments')).toMatchObject({ name: 'listEnvironments' });
});

test('what a path hides behind escapes is one value, never another path', () => {
  expect(route('GET', '/api/v1/environments/a%2Fb')).toEqual({
    name: 'environment',
    parameters: { id: 'a/b' },
  });
});
