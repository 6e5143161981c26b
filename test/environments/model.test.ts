import { expect, test } from '@jest/globals';
import {
  abandoned,
  isActive,
  isAdmitted,
  isHeadDeployment,
  isNewest,
  neverDeployed,
  type Environment,
} from '../../src/environments/model.js';
import { E } from '../../src/shared/status/words.js';

const DEPLOY = { action: 'deploy', rule: 'opened', detail: '' } as const;
const ACTIVE = {
  status: E.provisioning,
  generation: 3,
  decision: DEPLOY,
  head: { deploymentId: 'd3' },
  current: null,
} as unknown as Environment;

test.each([
  [E.pending, true],
  [E.provisioning, true],
  [E.failed, true],
  [E.destroying, false],
  [E.destroyed, false],
])('%s: is it neither gone nor going?', (status, active) => {
  expect(isActive({ status })).toBe(active);
  expect(isAdmitted({ status, decision: DEPLOY })).toBe(active);
});

test('one that shows nothing and awaits nothing does not count towards the limit', () => {
  expect(isAdmitted({ status: E.pending, decision: null })).toBe(false);
  expect(isAdmitted({ status: E.pending, decision: { action: 'skip', rule: 'draft', detail: '' } })).toBe(
    false,
  );
});

test('only the newest generation may move anything', () => {
  expect([2, 3, 4].map((generation) => isNewest(ACTIVE, generation))).toEqual([false, true, false]);
});

test.each<[string, Partial<Environment>, { id: string; generation: number }, boolean]>([
  ['the one that the head waits for', {}, { id: 'd3', generation: 3 }, true],
  ['another one', {}, { id: 'd2', generation: 3 }, false],
  ['one of an older generation', {}, { id: 'd3', generation: 2 }, false],
  ['one without a head', { head: null }, { id: 'd3', generation: 3 }, false],
  ['one of a preview that goes away', { status: E.destroying }, { id: 'd3', generation: 3 }, false],
])('%s: may its run still finish it?', (_what, change, deployment, may) => {
  expect(isHeadDeployment({ ...ACTIVE, ...change }, deployment)).toBe(may);
});

test('a build that is given up leaves what was live before, or a preview that waits', () => {
  expect(abandoned({ status: E.provisioning, current: null })).toBe(E.pending);
  expect(abandoned({ status: E.updating, current: {} as Environment['current'] })).toBe(E.ready);
  expect(abandoned({ status: E.destroyed, current: null })).toBeUndefined();
});

test('one that was never seen is told from one that is gone', () => {
  const current = {} as NonNullable<Environment['current']>;
  expect(neverDeployed({ deployedAt: null, current: null })).toBe(true);
  expect(neverDeployed({ deployedAt: new Date(), current: null })).toBe(false);
  expect(neverDeployed({ deployedAt: null, current })).toBe(false);
});
