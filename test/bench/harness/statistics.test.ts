import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { median, quantile, ratioOf } from '../../../bench/harness/statistics.js';

test.each([
  { values: [3], middle: 3 },
  { values: [10, 2, 6], middle: 6 },
  { values: [1, 2, 4, 100], middle: 3 },
])('the median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test('nothing has no median', () => {
  expect(median([])).toBeNaN();
});

test('half of all values are at most the median, half at least, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const middle = median(values);
      const half = values.length / 2;
      return (
        values.filter((value) => value <= middle).length >= half &&
        values.filter((value) => value >= middle).length >= half
      );
    }),
  );
});

test.each([
  { share: 0.5, value: 50 },
  { share: 0.99, value: 99 },
  { share: 1, value: 100 },
  { share: 0, value: 1 },
])('$share of the numbers up to a hundred are at most $value', ({ share, value }) => {
  const numbers = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantile(numbers, share)).toBe(value);
});

test('a ratio is taken round by round, so that a slow round of both changes nothing', () => {
  expect(ratioOf([10, 100, 12], [20, 200, 20])).toEqual({ median: 0.5, low: 0.5, high: 0.6 });
});
