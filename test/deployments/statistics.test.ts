import { expect, test } from '@jest/globals';
import { freshDeployment } from '../../src/deployments/model.js';
import {
  durationClass,
  stageClassesOf,
  summarize,
  summarizeStages,
  withEnding,
} from '../../src/deployments/statistics.js';
import type { DeploymentPatch, StoredDeployment } from '../../src/deployments/store.js';
import type { Stage } from '../../src/shared/status/stages.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { newDeployment } from '../support/builders.js';

const { running, success, failed, queued } = DEPLOYMENT_STATUS;
const startedAt = new Date('2026-11-28T23:59:00Z');
const completedAt = new Date('2026-11-29T00:00:30Z');

function deployment(changes: Partial<StoredDeployment> = {}): StoredDeployment {
  const fresh = freshDeployment(newDeployment({ id: 'd1' }), startedAt);
  return { ...fresh, version: 4, status: running, startedAt, ...changes };
}

const after = (seen: StoredDeployment, patch: DeploymentPatch): StoredDeployment => ({
  ...seen,
  ...withEnding(seen, patch),
  version: seen.version + 1,
});

test('the write that ends a deployment says what is to be counted, on the day it ended', () => {
  const ended = after(deployment(), { status: success, completedAt });
  expect(ended.tally).toEqual({ day: '2026-11-29', status: success, seconds: 90 });
  expect(ended.endings).toEqual([{ key: 'd1.4', day: '2026-11-29', status: success, seconds: 90, by: 1 }]);
});

test('a write that ends nothing adds nothing, and one that never started has no duration', () => {
  expect(withEnding(deployment(), { error: 'x' })).toEqual({ error: 'x' });
  const waited = deployment({ status: queued, startedAt: null });
  expect(after(waited, { status: failed, completedAt }).tally).toMatchObject({ seconds: null });
});

test('a deployment that is reopened takes its ending back, and may end again in another way', () => {
  const reopened = after(after(deployment(), { status: failed, completedAt }), { status: queued });
  expect(reopened.tally).toBeNull();
  const again = after(reopened, { status: success, completedAt });
  expect(again.endings.map(({ key, status, by }) => [key, status, by])).toEqual([
    ['d1.4', failed, 1],
    ['d1.5', failed, -1],
    ['d1.6', success, 1],
  ]);
});

test('a deployment of an older version, which was never counted, takes nothing back', () => {
  const old = deployment({ status: failed, tally: null, endings: [] });
  expect(withEnding(old, { status: queued })).toEqual({ status: queued });
});

test('the rate counts successes and failures; quantiles are right to five percent', () => {
  const seconds = Array.from({ length: 100 }, (_, index) => index + 1);
  const durations: Record<string, number> = {};
  for (const one of seconds) durations[durationClass(one)] = (durations[durationClass(one)] ?? 0) + 1;
  const days = [
    { day: 'a', counts: { [success]: 60, [failed]: 10, [DEPLOYMENT_STATUS.superseded]: 7 }, durations },
    { day: 'b', counts: { [success]: 30 }, durations: {} },
  ];
  const { successRate, medianSeconds, p95Seconds, counts } = summarize(days);
  expect(successRate).toBe(0.9);
  expect(counts[success]).toBe(90);
  expect(Math.abs((medianSeconds ?? 0) - 50) / 50).toBeLessThan(0.05);
  expect(Math.abs((p95Seconds ?? 0) - 95) / 95).toBeLessThan(0.05);
  expect(summarize([])).toEqual({ counts: {}, successRate: null, medianSeconds: null, p95Seconds: null });
});

test('the stages of a successful deployment count with it, those that ended and were timed', () => {
  const stage = (name: Stage['name'], changes: Partial<Stage> = {}): Stage => ({
    ...{ name, status: STAGE_STATUS.completed, startedAt, completedAt, error: null },
    ...changes,
  });
  const stages = [
    stage('installing'),
    stage('building', { startedAt: null }),
    stage('copying', { status: STAGE_STATUS.skipped }),
  ];
  const of = (status: typeof success | typeof failed) =>
    withEnding(deployment({ status: running, startedAt, stages }), { status, completedAt }).tally;
  expect(of(success)?.stages).toEqual({ installing: 90 });
  expect(of(failed)).not.toHaveProperty('stages');
  expect(stageClassesOf({ status: success, stages: { installing: 90 } })).toEqual([
    `installing.${durationClass(90)}`,
  ]);
  expect(stageClassesOf({ status: failed, stages: { installing: 90 } })).toEqual([]);
  const counted = [
    { stages: { installing: { [durationClass(10)]: 3 }, building: { [durationClass(60)]: 1 } } },
    { stages: { installing: { [durationClass(10)]: 1 } } },
  ];
  const [first, second] = summarizeStages(counted);
  expect(first).toMatchObject({ name: 'building', count: 1 });
  expect(second).toMatchObject({ name: 'installing', count: 4 });
  expect(Math.abs((first?.medianSeconds ?? 0) - 60) / 60).toBeLessThan(0.05);
  expect(summarizeStages([])).toEqual([]);
});
