import { expect, test } from '@jest/globals';
import { LAYERS } from '../../src/variables/layers.js';
import {
  classOf,
  qualifierOf,
  type Scope,
  scopeKey,
  scopesAt,
  STORED_LAYERS,
} from '../../src/variables/scope.js';

const projectId = 'p1';
const SCOPES: readonly (readonly [Scope, string, string])[] = [
  [{ layer: 'org', ownerId: 12 }, 'org:12', ''],
  [{ layer: 'project', projectId }, 'project:p1', ''],
  [{ layer: 'target', projectId, target: 'static' }, 'target:p1:static', 'static'],
  [{ layer: 'class', projectId, class: 'preview' }, 'class:p1:preview', 'preview'],
  [{ layer: 'pull-request', projectId, pullRequest: 7 }, 'pull-request:p1:7', '7'],
];

test.each(SCOPES)('%j has a key and a qualifier', (scope, key, qualifier) => {
  expect([scopeKey(scope), qualifierOf(scope)]).toEqual([key, qualifier]);
});

test('the scopes of a place are in the order of the layers', () => {
  const place = { ownerId: 12, projectId, target: 'static', class: 'preview', pullRequest: 7 } as const;
  expect(scopesAt(place).map(scopeKey)).toEqual(SCOPES.map(([, key]) => key));
  expect(scopesAt({ ...place, ownerId: null, pullRequest: null }).map(({ layer }) => layer)).toEqual([
    'project',
    'target',
    'class',
  ]);
  expect(STORED_LAYERS).toEqual(LAYERS.filter((layer) => layer !== 'settings-file'));
});

test.each([
  ['production', 'production'],
  ['staging', 'staging'],
  ['pr-7', 'preview'],
  ['main', 'preview'],
])('the environment %s is of the class %s', (name, kind) => {
  expect(classOf({ name })).toBe(kind);
});
