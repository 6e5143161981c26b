import { expect, test } from '@jest/globals';
import { createThinning } from '../../src/reconcile/thinning.js';

test('of the checks of ten minutes one is kept, and each that differs from the one before it', () => {
  const keep = createThinning();
  const kept: number[] = [];
  for (let second = 0; second <= 30 * 60; second += 30) {
    const live = second < 900 || second >= 960;
    if (keep({ deploymentId: 'd1', live, at: new Date(second * 1_000) })) kept.push(second);
  }
  expect(kept).toEqual([0, 600, 900, 960, 1_560]);
});
