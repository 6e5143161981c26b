import { expect, test } from '@jest/globals';
import { patternListProblem, patternProblem } from '../../src/shared/globs.js';

const USABLE = [
  'main',
  '!main',
  'release/**/x',
  '*-*-*',
  '{a,b}/**',
  '(a|a|aa)+b',
  '**.md',
  './docs/**',
  '...',
  'a/..b',
];

test.each([...USABLE, '{{cookiecutter.name}}/**', '{}', 'x{{a,b}}'])('%s can be used', (pattern) => {
  expect(patternProblem(pattern)).toBeUndefined();
});

test.each([
  ['', /1 to 200 characters/],
  ['!', /1 to 200 characters/],
  ['x'.repeat(201), /1 to 200 characters/],
  ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', /more than 64 patterns/],
  ['{a,{b,c}}/**', /inside.*side by side/],
  ['{{a,b},c}', /inside/],
  ['/docs/**', /begins with "\/"/],
  ['!/docs/**', /begins with "\/"/],
  ['.//docs', /begins with "\/"/],
  ['{docs,/site}/**', /begins with "\/"/],
  ['docs/', /"folder\/\*\*"/],
  ['a//b', /as no path does/],
  ['../web/**', /as no path does/],
  ['a/./b', /as no path does/],
  [' docs/**', /space/],
  ['! docs/**', /space/],
  ['docs/** ', /space/],
])('%j is refused, with a hint', (pattern, hint) => {
  expect(patternProblem(pattern)).toMatch(hint);
});

test('a list stands for so many patterns in all; what it says twice counts once', () => {
  const list = (count: number) => Array.from({ length: count }, (_, n) => `${String(n)}{a,b,c,d}`);
  expect(patternListProblem(list(64))).toBeUndefined();
  expect(patternListProblem([...list(64), ...list(64)])).toBeUndefined();
  expect(patternListProblem(list(65))).toMatch(/more than 256 patterns/);
});
