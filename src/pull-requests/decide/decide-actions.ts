import type { Rule } from './decision.js';

/**
 * Of what was found by looking, not told by a webhook: the sweep, a run that was faster than its webhook, an event that came late. It asks
 * for nothing by itself; what is new about the pull request does.
 */
export const NOTICED = 'noticed';

/** The actions of a pull request that can change a preview, and the reason to give when they bring one. */
export const HANDLED: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['opened', 'opened'],
  ['reopened', 'reopened'],
  ['synchronize', 'new-commit'],
  ['ready_for_review', 'ready-for-review'],
  ['labeled', 'label-added'],
  ['unlabeled', 'now-qualifies'],
  ['edited', 'now-qualifies'],
  ['converted_to_draft', 'now-qualifies'],
  ['closed', 'closed'],
  [NOTICED, 'now-qualifies'],
]);

/** These ask for a preview; the others only change what a preview depends on. */
export const ASKING: readonly string[] = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'labeled'];
