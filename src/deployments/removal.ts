import type { Environment } from '../environments/model.js';
import type { Rule } from '../pull-requests/decide/rules.js';

/** Why an environment was removed. `refused`: by its rules the pull request gets no preview any more. */
export type RemovalCause = (typeof CAUSES)[number] | 'refused';

const CAUSES = ['closed', 'merged', 'asked', 'expired', 'project-removed', 'repository-removed'] as const;

export interface Removal {
  readonly cause: RemovalCause;
  /** What a person does to get the preview back; null when nothing is promised. */
  readonly returnsBy: 'push' | 'reopen' | null;
  /** The sentence of the decision, only where visitors may read it: it can name the person or the token that asked for the removal. */
  readonly visitorDetail: string | null;
}

/** Promises only what the stored decision and the pull request make certain. */
export function removalOf(environment: Environment): Removal {
  const cause = causeOf(environment);
  return {
    cause,
    returnsBy: cause === 'refused' ? null : returnsBy(environment),
    visitorDetail:
      cause === 'refused' || cause === 'repository-removed' ? (environment.decision?.detail ?? null) : null,
  };
}

function causeOf({ decision, pullRequest }: Environment): RemovalCause {
  const closed = pullRequest?.merged === true ? 'merged' : 'closed';
  if (decision?.action !== 'destroy') return closed;
  const cause = CAUSES.find((one) => one === decision.rule);
  if (cause === undefined) return 'refused';
  return cause === 'closed' || cause === 'merged' ? closed : cause;
}

/** A push brings these back while the pull request is open. */
const BACK_BY_PUSH: readonly Rule[] = ['asked', 'expired'];

/** These hold for the pull request as it is now, so reopening it promises nothing. */
const STAYS_REMOVED: readonly Rule[] = ['project-removed', 'repository-removed'];

function returnsBy({ decision, pullRequest }: Environment): Removal['returnsBy'] {
  if (!pullRequest || pullRequest.merged) return null;
  if (pullRequest.state === 'open')
    return decision !== null && BACK_BY_PUSH.includes(decision.rule) ? 'push' : null;
  const stays =
    decision !== null &&
    (decision.action === 'skip' || decision.action === 'hold' || STAYS_REMOVED.includes(decision.rule));
  return stays ? null : 'reopen';
}

/** From when to when there was a preview that is removed; null when nothing was ever live. */
export function lifetimeOf({
  createdAt,
  deployedAt,
  destroyedAt,
}: Pick<Environment, 'createdAt' | 'deployedAt' | 'destroyedAt'>): {
  readonly from: Date;
  readonly to: Date;
} | null {
  return deployedAt && destroyedAt && { from: createdAt, to: destroyedAt };
}
