import type { Rule } from '../pull-requests/decide/decision.js';
import type { Environment } from './model.js';

/** Why a deployment of this commit is not wanted any more although its preview is still there: one sentence for whoever brought it. */
export function supersededReason(
  { head, decision }: Pick<Environment, 'head' | 'decision'>,
  { sha }: { readonly sha: string },
): string {
  if (head?.sha !== sha) return 'A newer commit arrived.';
  return decision && decision.action !== 'deploy' ? decision.detail : 'Another run of this commit took over.';
}

/** What brings it back, where the decision itself does not say so. */
const REMEDIES: ReadonlyMap<Rule, string> = new Map<Rule, string>([
  ['asked', 'Push a commit, or close and reopen the pull request, to get it back.'],
  ['repository-removed', 'Push a commit once the App may see the repository again.'],
]);

/** Why there is no preview for a run to deploy to: for its log and its summary. */
export function removedReason({
  decision,
  pullRequest,
}: Pick<Environment, 'decision' | 'pullRequest'>): string {
  if (pullRequest?.state === 'closed') return 'The pull request is closed: its preview was removed.';
  if (decision?.action !== 'destroy') return 'The preview was removed. Push a commit to get a new one.';
  const remedy = REMEDIES.get(decision.rule);
  return ['The preview was removed.', decision.detail, remedy].filter(Boolean).join(' ');
}

/** By these a commit gets its preview later than it came: its workflow may have run by then, and was told that there is none. */
const LATER: readonly Rule[] = ['approved', 'ready-for-review', 'label-added', 'now-qualifies'];

/**
 * GitHub starts the workflow for new commits, not because somebody approved one or took a label away: such a commit waits for a re-run.
 * https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */
export function needsRerun({ decision }: Pick<Environment, 'decision'>): boolean {
  return decision?.action === 'deploy' && LATER.includes(decision.rule);
}

/** From when on runs count for the commit; null where those of any time do. */
export function countsSince(environment: Pick<Environment, 'decision' | 'admittedAt'>): Date | null {
  return needsRerun(environment) ? (environment.admittedAt ?? null) : null;
}
