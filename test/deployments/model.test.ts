import { expect, test } from '@jest/globals';
import { mergeStages, pendingStages, settleStages, waitingAgain } from '../../src/deployments/model.js';
import { sameRun } from '../../src/shared/run-ref.js';
import { type Stage, STAGE_NAMES } from '../../src/shared/status/stages.js';
import { S } from '../../src/shared/status/words.js';

const AT = new Date(Date.UTC(2026, 0, 1));
const LATER = new Date(Date.UTC(2026, 0, 2));

const stage = (change: Partial<Stage>): Stage => ({
  name: 'building',
  status: S.pending,
  startedAt: null,
  completedAt: null,
  error: null,
  ...change,
});

test('a new deployment has every stage before it, in the order in which they are shown', () => {
  expect(pendingStages().map(({ name }) => name)).toEqual(STAGE_NAMES);
  expect(new Set(pendingStages().map(({ status }) => status))).toEqual(new Set([S.pending]));
});

test('a deployment that waits again has nothing of the attempt before: no reason, no end, no log', () => {
  const nothing = { error: null, completedAt: null, stages: pendingStages(), logTail: [], logsUrl: null };
  expect(waitingAgain()).toEqual(nothing);
});

const run = { id: '7', attempt: 1, job: 'preview' };
test.each([
  ['the same three', run, true],
  ['the same three of another workflow file', { ...run, workflow: 'other.yml' }, true],
  ['another id', { ...run, id: '8' }, false],
  ['another attempt', { ...run, attempt: 2 }, false],
  ['another job', { ...run, job: 'docs' }, false],
  ['nobody', null, false],
])('%s: is it the same run?', (_who, other, same) => {
  expect(sameRun(other, run)).toBe(same);
});

test('an end gives its outcome to the running stage and skips what was never reached', () => {
  const stages = [
    stage({ name: 'installing', status: S.completed, completedAt: AT }),
    stage({ status: S.inProgress, startedAt: AT }),
    stage({ name: 'copying' }),
  ];
  const failed = settleStages(stages, { open: S.failed, at: LATER, error: 'exit code 1' });
  expect(failed).toEqual([
    stages[0],
    stage({ status: S.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' }),
    stage({ name: 'copying', status: S.skipped }),
  ]);
  const skipped = settleStages(stages, { open: S.skipped, at: LATER, error: 'cancelled' });
  expect(skipped[1]).toMatchObject({ status: S.skipped, error: null });
});

test.each<[string, Partial<Stage>, Partial<Stage>, Partial<Stage>]>([
  ['a stage begins', {}, { status: S.inProgress, startedAt: AT }, { status: S.inProgress, startedAt: AT }],
  [
    'a repeated begin keeps its first time',
    { status: S.inProgress, startedAt: AT },
    { status: S.inProgress, startedAt: LATER },
    { status: S.inProgress, startedAt: AT },
  ],
  [
    'one that has ended never opens again',
    { status: S.completed, completedAt: AT },
    { status: S.inProgress, startedAt: LATER },
    { status: S.completed, completedAt: AT },
  ],
  [
    'one that has ended keeps its end',
    { status: S.completed, completedAt: AT },
    { status: S.failed, completedAt: LATER, error: 'late' },
    { status: S.completed, completedAt: AT },
  ],
  [
    'one that runs ends',
    { status: S.inProgress, startedAt: AT },
    { status: S.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' },
    { status: S.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' },
  ],
])('of what a run reports: %s', (_what, known, reported, merged) => {
  expect(mergeStages([stage(known)], [stage(reported)])).toEqual([stage(merged)]);
});

test('what a run says nothing of stays as it is', () => {
  const known = [stage({ status: S.inProgress, startedAt: AT })];
  expect(mergeStages(known, [stage({ name: 'copying', status: S.completed })])).toEqual(known);
});
