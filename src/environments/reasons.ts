import { type Rule, ruleDefinition } from '../pull-requests/decide/rules.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';
import type { Environment } from './model.js';

/** How a deployment ended: a word for code, a sentence for people. */
interface Ending {
  readonly endedBy: EndedBy;
  readonly error: string;
}

type WithHead = Pick<Environment, 'head' | 'decision'>;

/** How a deployment of this commit ended although its environment is still there. */
export function supersession({ head, decision }: WithHead, { sha }: { readonly sha: string }): Ending {
  if (head?.sha !== sha) return { endedBy: ENDED_BY.newerCommit, error: 'A newer commit arrived.' };
  if (decision && decision.action !== 'deploy') return { endedBy: ENDED_BY.decision, error: decision.detail };
  return { endedBy: ENDED_BY.newerRun, error: 'Another run of this commit took over.' };
}

/** The reason as a sentence for the run of that commit. */
export function supersededReason(environment: WithHead, commit: { readonly sha: string }): string {
  return supersession(environment, commit).error;
}

/** How to get the preview back, for the decisions whose own sentence does not say it. */
const REMEDIES: ReadonlyMap<Rule, string> = new Map<Rule, string>([
  ['asked', 'Push a commit, or close and reopen the pull request, to get it back.'],
  ['repository-removed', 'Push a commit once the App may see the repository again.'],
]);

/** How a deployment ended whose preview was removed. */
export function removal(environment: Pick<Environment, 'decision' | 'pullRequest'>): Ending {
  return { endedBy: ENDED_BY.previewRemoved, error: removedReason(environment) };
}

/** Why a run finds no preview to deploy to. The run shows this in its log and its summary. */
export function removedReason({
  decision,
  pullRequest,
}: Pick<Environment, 'decision' | 'pullRequest'>): string {
  if (pullRequest?.state === 'closed') return 'The pull request is closed: its preview was removed.';
  if (decision?.action !== 'destroy') return 'The preview was removed. Push a commit to get a new one.';
  const remedy = REMEDIES.get(decision.rule);
  return ['The preview was removed.', decision.detail, remedy].filter(Boolean).join(' ');
}

/**
 * GitHub starts the workflow for new commits, not when a reviewer approves a commit or removes a label: such a commit needs a re-run.
 * https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
 */
export function needsRerun({ decision }: Pick<Environment, 'decision'>): boolean {
  return decision?.action === 'deploy' && ruleDefinition(decision.rule)?.needsRerun === true;
}

/** Runs that ended before this moment do not count for the commit; null where every run counts. */
export function countsSince(environment: Pick<Environment, 'decision' | 'admittedAt'>): Date | null {
  return needsRerun(environment) ? (environment.admittedAt ?? null) : null;
}
