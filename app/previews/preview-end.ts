import type { Environment } from '../../src/environments/model.js';
import type { Rule } from '../../src/pull-requests/decide/decision.js';

export interface PreviewEnd {
  readonly message: string;
  readonly reason: string | null;
}

/** Why it went, in words for visitors: who asked for it, and what the settings say, is for the pull request. */
const ENDS: Readonly<Partial<Record<Rule, string>>> = {
  asked: 'It was taken down by hand.',
  expired: 'Its time was up.',
  'project-removed': 'The settings of the repository no longer name its project.',
  'repository-removed': 'This server no longer serves its repository.',
};
/** Only these come back when somebody pushes. */
const RETURNING: readonly Rule[] = ['asked', 'expired'];

/** Why a preview is gone, and how it comes back where it does. Nothing is promised that the documents do not bear out. */
export function endOf(environment: Environment): PreviewEnd {
  const { decision } = environment;
  const refused = decision?.action === 'destroy' && !isOrdinary(decision.rule);
  const why = causeOf(environment, refused);
  const back = refused ? '' : returnOf(environment);
  const message = back === '' ? why : `${why} ${back}`;
  const told = refused || decision?.rule === 'repository-removed';
  return { message, reason: told ? (decision?.detail ?? null) : null };
}

function isOrdinary(rule: Rule): boolean {
  return rule === 'closed' || rule === 'merged' || rule in ENDS;
}

function causeOf({ decision, pullRequest }: Environment, refused: boolean): string {
  const known = decision?.action === 'destroy' ? ENDS[decision.rule] : undefined;
  if (known !== undefined) return known;
  if (refused) return 'Its pull request no longer gets a preview, as it stands.';
  return pullRequest?.merged === true ? 'Its pull request was merged.' : 'Its pull request was closed.';
}

function returnOf({ decision, pullRequest }: Environment): string {
  if (!pullRequest || pullRequest.merged) return '';
  const { state } = pullRequest;
  const returning = decision !== null && RETURNING.includes(decision.rule);
  if (state === 'open')
    return returning ? 'Push a commit, or close and reopen the pull request, to get it back.' : '';
  const bound =
    decision?.action === 'skip' ||
    decision?.action === 'hold' ||
    (decision !== null && decision.rule in ENDS && !returning);
  return bound ? '' : 'Reopening the pull request starts a new one.';
}
