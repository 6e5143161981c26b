import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../app/workers/lease-worker.js';

const backoff = { firstMs: 1_000, capMs: 60_000 };

test('the pause doubles with each try, up to the cap', () => {
  expect([0, 1, 2, 5, 6, 7, 1_000].map((attempts) => backoffMs(backoff, attempts, () => 1))).toEqual([
    1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000,
  ]);
});

test('half of the pause is left to chance', () => {
  expect([0, 0.5, 1].map((chance) => backoffMs(backoff, 1, () => chance))).toEqual([1_000, 1_500, 2_000]);
});
