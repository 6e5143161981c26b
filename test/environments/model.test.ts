import { expect, test } from '@jest/globals';
import {
  abandoned,
  cleanupSince,
  isActive,
  isAdmitted,
  isHeadDeployment,
  isNewest,
  isUnwell,
  neverDeployed,
  type Environment,
} from '../../src/environments/model.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';

const DEPLOY = { action: 'deploy', rule: 'opened', detail: '' } as const;
const ACTIVE = {
  status: ENVIRONMENT_STATUS.provisioning,
  generation: 3,
  decision: DEPLOY,
  head: { deploymentId: 'd3' },
  current: null,
} as unknown as Environment;

test.each([
  [ENVIRONMENT_STATUS.pending, true],
  [ENVIRONMENT_STATUS.provisioning, true],
  [ENVIRONMENT_STATUS.failed, true],
  [ENVIRONMENT_STATUS.destroying, false],
  [ENVIRONMENT_STATUS.destroyed, false],
])('%s: is it neither gone nor going?', (status, active) => {
  expect(isActive({ status })).toBe(active);
  expect(isAdmitted({ status, decision: DEPLOY })).toBe(active);
});

test('one that shows nothing and awaits nothing does not count towards the limit', () => {
  expect(isAdmitted({ status: ENVIRONMENT_STATUS.pending, decision: null })).toBe(false);
  expect(
    isAdmitted({
      status: ENVIRONMENT_STATUS.pending,
      decision: { action: 'skip', rule: 'draft', detail: '' },
    }),
  ).toBe(false);
});

test('only the newest generation may move anything', () => {
  expect([2, 3, 4].map((generation) => isNewest(ACTIVE, generation))).toEqual([false, true, false]);
});

test.each<[string, Partial<Environment>, { id: string; generation: number }, boolean]>([
  ['the one that the head waits for', {}, { id: 'd3', generation: 3 }, true],
  ['another one', {}, { id: 'd2', generation: 3 }, false],
  ['one of an older generation', {}, { id: 'd3', generation: 2 }, false],
  ['one without a head', { head: null }, { id: 'd3', generation: 3 }, false],
  [
    'one of a preview that goes away',
    { status: ENVIRONMENT_STATUS.destroying },
    { id: 'd3', generation: 3 },
    false,
  ],
])('%s: may its run still finish it?', (_what, change, deployment, may) => {
  expect(isHeadDeployment({ ...ACTIVE, ...change }, deployment)).toBe(may);
});

test('a build that is given up leaves what was live before, or a preview that waits', () => {
  expect(abandoned({ status: ENVIRONMENT_STATUS.provisioning, current: null })).toBe(
    ENVIRONMENT_STATUS.pending,
  );
  expect(abandoned({ status: ENVIRONMENT_STATUS.updating, current: {} as Environment['current'] })).toBe(
    ENVIRONMENT_STATUS.ready,
  );
  expect(abandoned({ status: ENVIRONMENT_STATUS.destroyed, current: null })).toBeUndefined();
});

test('one that was never seen is told from one that is gone', () => {
  const current = {} as NonNullable<Environment['current']>;
  expect(neverDeployed({ deployedAt: null, current: null })).toBe(true);
  expect(neverDeployed({ deployedAt: new Date(), current: null })).toBe(false);
  expect(neverDeployed({ deployedAt: null, current })).toBe(false);
});

test.each([
  ['live', false],
  ['sleeping', false],
  ['unhealthy', true],
  ['gone', true],
] as const)('what is %s is unwell: %p', (state, unwell) => {
  expect(isUnwell({ state })).toBe(unwell);
  expect(isUnwell(null)).toBe(false);
});

test('a removal that waits for a workflow run begins without one', () => {
  const since = new Date('2026-11-28T12:00:00Z');
  expect(cleanupSince(since)).toEqual({
    since,
    run: null,
    startedAt: null,
    error: null,
    logsUrl: null,
    abandonedAt: null,
  });
});
