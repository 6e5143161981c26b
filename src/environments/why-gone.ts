import type { Rule } from '../pull-requests/decide/decision.js';
import type { Environment } from './model.js';

/** What brings it back, where the decision itself does not say so. */
const REMEDIES: ReadonlyMap<Rule, string> = new Map<Rule, string>([
  ['asked', 'Push a commit, or close and reopen the pull request, to get it back.'],
  ['repository-removed', 'Push a commit once the App may see the repository again.'],
]);

/** Why there is no preview for a run to deploy to: for its log and its summary. */
export function whyGone({ decision, pullRequest }: Pick<Environment, 'decision' | 'pullRequest'>): string {
  if (pullRequest?.state === 'closed') return 'The pull request is closed: its preview was removed.';
  if (decision?.action !== 'destroy') return 'The preview was removed. Push a commit to get a new one.';
  const remedy = REMEDIES.get(decision.rule);
  return ['The preview was removed.', decision.detail, remedy].filter(Boolean).join(' ');
}
