import { expect, test } from '@jest/globals';
import { removedReason } from '../../src/environments/reasons.js';
import type { Rule } from '../../src/pull-requests/decide/rules.js';
import { pullRequest } from '../pull-requests/sample-pull-request.js';

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

test('without a reason a push is what helps', () => {
  expect(removedReason({ decision: null, pullRequest: null })).toMatch(/Push a commit/);
});
