import { expect, test } from '@jest/globals';
import { comparedWith, timingsOf } from '../../src/deployments/timings.js';
import type { Stage } from '../../src/shared/status/stages.js';
import { STAGE_STATUS } from '../../src/shared/status/words.js';

const at = (seconds: number) => new Date(seconds * 1_000);

function stage(
  name: Stage['name'],
  seconds: number,
  status: Stage['status'] = STAGE_STATUS.completed,
): Stage {
  return { name, status, startedAt: at(0), completedAt: at(seconds), error: null };
}

const took = (seconds: number, stages: readonly Stage[] = []) => {
  return { startedAt: at(0), completedAt: at(seconds), stages };
};

test('the usual time is the median: one slow deployment does not move it', () => {
  const timings = timingsOf([
    took(10, [stage('building', 6)]),
    took(12, [stage('building', 8)]),
    took(900, [stage('building', 800)]),
  ]);
  expect(timings).toEqual({ sample: 3, whole: 12, stages: new Map([['building', 8]]) });
});

test('of an even number it is in the middle of two, and stages that were left out do not count', () => {
  const timings = timingsOf([
    took(10, [stage('building', 6), stage('installing', 0, STAGE_STATUS.skipped)]),
    took(20, [stage('building', 7)]),
    { startedAt: null, completedAt: null, stages: [] },
  ]);
  expect(timings).toEqual({ sample: 2, whole: 15, stages: new Map([['building', 6.5]]) });
});

test('without a successful deployment there is nothing to compare with', () => {
  expect(timingsOf([])).toEqual({ sample: 0, whole: null, stages: new Map() });
  expect([comparedWith(3, null), comparedWith(3, undefined), comparedWith(null, 3)]).toEqual(['', '', '']);
});

test.each([
  [10.5, 10, 'as usual'],
  [0.9, 0.1, 'as usual'],
  [4, 0, 'as usual'],
  [15, 10, '50 % slower'],
  [35, 10, '3.5 times as long'],
  [60, 100, '40 % faster'],
  [10, 35, '3.5 times as fast'],
])('%s seconds beside the usual %s are "%s"', (seconds, usual, words) => {
  expect(comparedWith(seconds, usual)).toBe(words);
});
