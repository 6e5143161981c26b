import { expect, test } from '@jest/globals';
import {
  countsSince,
  needsRerun,
  removal,
  removedReason,
  supersededReason,
  supersession,
} from '../../src/environments/reasons.js';
import type { Decision } from '../../src/pull-requests/decide/decision.js';
import type { Rule } from '../../src/pull-requests/decide/rules.js';
import { ENDED_BY } from '../../src/shared/status/words.js';
import { pullRequest } from '../support/builders.js';

const gone = (rule: Rule, detail: string, state: 'open' | 'closed' = 'open') => ({
  decision: { action: 'destroy', rule, detail } as const,
  pullRequest: pullRequest({ state }),
});

test.each([
  [
    'expired',
    'Nothing happened here. Push a commit to bring it back.',
    /Nothing happened here\. Push a commit/,
  ],
  ['asked', 'ops asked for it.', /ops asked for it\. Push a commit, or close and reopen/],
  ['repository-removed', 'The App was uninstalled.', /The App was uninstalled\. Push a commit once the App/],
  ['label-skip', 'The label is set. Remove it.', /removed\. The label is set\. Remove it\.$/],
] as const)(
  'of an open pull request whose preview is gone by "%s" the reason is told',
  (rule, detail, words) => {
    expect(removedReason(gone(rule, detail))).toMatch(words);
    expect(removedReason(gone(rule, detail))).not.toMatch(/is closed/);
  },
);

test('a closed pull request is the reason, whatever ended the preview before', () => {
  expect(removedReason(gone('expired', 'x', 'closed'))).toBe(
    'The pull request is closed: its preview was removed.',
  );
});

test('a deployment whose preview was removed ended by that, with the same sentence', () => {
  const environment = gone('asked', 'ops asked for it.');
  expect(removal(environment)).toEqual({
    endedBy: ENDED_BY.previewRemoved,
    error: removedReason(environment),
  });
});

test('without a reason a push is what helps', () => {
  expect(removedReason({ decision: null, pullRequest: null })).toMatch(/Push a commit/);
});

const sha = 'a'.repeat(40);
const head = { sha, deploymentId: 'd1', at: new Date(0) };
const decidedBy = (action: 'deploy' | 'skip') =>
  ({ action, rule: 'limit-environments', detail: 'There are 20 previews already.' }) as const;

test.each([
  [
    'another commit is the newest',
    { head: { ...head, sha: 'b'.repeat(40) }, decision: decidedBy('deploy') },
    { endedBy: ENDED_BY.newerCommit, error: 'A newer commit arrived.' },
  ],
  [
    'this commit is built by another run',
    { head, decision: decidedBy('deploy') },
    { endedBy: ENDED_BY.newerRun, error: 'Another run of this commit took over.' },
  ],
  [
    'this commit is not to be deployed any more',
    { head, decision: decidedBy('skip') },
    { endedBy: ENDED_BY.decision, error: 'There are 20 previews already.' },
  ],
])('when %s, that ended the deployment and is what its run is told', (_when, environment, ending) => {
  expect(supersession(environment, { sha })).toEqual(ending);
  expect(supersededReason(environment, { sha })).toBe(ending.error);
});

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
