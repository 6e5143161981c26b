import { expect, test } from '@jest/globals';
import { countsSince, needsRerun } from '../../src/environments/reasons.js';
import type { Decision } from '../../src/pull-requests/decide/decision.js';

const admittedAt = new Date('2026-03-01T12:00:00Z');
const decided = (rule: Decision['rule'], action: Decision['action'] = 'deploy') => ({
  decision: { action, rule, detail: '' },
  admittedAt,
});

test.each(['approved', 'ready-for-review', 'label-added', 'now-qualifies'] as const)(
  'a commit that gets its preview because it is %s waits for a re-run, and earlier runs do not count',
  (rule) => {
    expect(needsRerun(decided(rule))).toBe(true);
    expect(countsSince(decided(rule))).toEqual(admittedAt);
  },
);

test.each(['opened', 'reopened', 'new-commit'] as const)(
  'a commit that is deployed because it is %s has a run of its own, whenever that ran',
  (rule) => {
    expect(needsRerun(decided(rule))).toBe(false);
    expect(countsSince(decided(rule))).toBeNull();
  },
);

test('what is not deployed waits for no run', () => {
  expect(needsRerun(decided('approved', 'skip'))).toBe(false);
  expect(needsRerun({ decision: null })).toBe(false);
  expect(countsSince({ ...decided('approved'), admittedAt: null })).toBeNull();
});
