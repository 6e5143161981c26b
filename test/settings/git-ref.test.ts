import { expect, test } from '@jest/globals';
import { gitRef } from '../../src/settings/fields.js';

test.each([
  ['main', true],
  ['release/*', true],
  ['feature/a.b', true],
  ['', false],
  ['a b', false],
  ['a..b', false],
  ['a//b', false],
  ['.a', false],
  ['a.lock', false],
  ['a\u0007', false],
])('%j is a branch or a pattern of branches: %s', (name, expected) => {
  expect(gitRef.safeParse(name).success).toBe(expected);
});
