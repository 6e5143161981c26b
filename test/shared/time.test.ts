import { expect, test } from '@jest/globals';
import { showDuration, showSpan, showTime } from '../../src/shared/time.js';

test.each([
  [0, '0 s'],
  [-5, '0 s'],
  [0.2, '1 ms'],
  [80, '80 ms'],
  [99.7, '0.1 s'],
  [420, '0.4 s'],
  [3_000, '3 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '59 s'],
  [60_000, '1 min'],
  [72_000, '1 min 12 s'],
  [3_599_900, '59 min 59 s'],
  [3_600_000, '1 h'],
  [11_100_000, '3 h 5 min'],
  [86_400_000, '1 d'],
  [183_600_000, '2 d 3 h'],
])('%d ms reads as %s', (ms, text) => {
  expect(showDuration(ms)).toBe(text);
});

test('a moment is shown in UTC, to the minute', () => {
  expect(showTime(new Date('2026-03-01T13:46:59+01:00'))).toBe('2026-03-01 12:46');
});

test('a span has a length only when both of its ends are known', () => {
  const at = new Date(0);
  expect(showSpan(at, new Date(72_000))).toBe('1 min 12 s');
  expect([showSpan(null, at), showSpan(at, undefined)]).toEqual([null, null]);
});
