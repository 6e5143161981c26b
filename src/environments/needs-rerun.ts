import type { Rule } from '../pull-requests/decide/decision.js';
import type { Environment } from './model.js';

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
