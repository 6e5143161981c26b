import type { Deployment } from '../../src/deployments/model.js';
import { type Environment, isActive } from '../../src/environments/model.js';
import type { Rule } from '../../src/pull-requests/decide/decision.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import type { PageLink, PageState, WaitingPreview } from './preview.js';

/** What a preview says of itself that shows nothing, or nothing any more. */
export function pageOfEnvironment(environment: Environment): WaitingPreview {
  const page = pageAt(environment, linkOf(environment));
  if (!isActive(environment)) return { ...page, state: environment.status, ...endOf(environment) };
  const { decision, error } = environment;
  const refusal = decision && decision.action !== 'deploy' ? decision.detail : null;
  return { ...page, state: stateOf(environment), reason: refusal ?? error };
}

/** What became of one commit. */
export function pageOfCommit(environment: Environment, deployment: Deployment): WaitingPreview {
  const { status, url, error, logsUrl, artifactRoot } = deployment;
  if (isPutOff(environment, deployment)) return pageOfEnvironment(environment);
  if (status === DEPLOYMENT_STATUS.success && artifactRoot === null && url !== null)
    return pageElsewhere(environment, url);
  if (status === DEPLOYMENT_STATUS.success || status === DEPLOYMENT_STATUS.superseded) {
    return { ...pageAt(environment, { text: 'Go to the preview', url: environment.url }), state: status };
  }
  const logs = logsUrl === null ? null : { text: 'Open the log', url: logsUrl };
  const ended = status === DEPLOYMENT_STATUS.failed || status === DEPLOYMENT_STATUS.cancelled;
  const page = pageAt(environment, (ended ? logs : null) ?? linkOf(environment));
  return { ...page, state: status, reason: error };
}

/**
 * An earlier step of the workflow deployed it to an address of its own. Nobody is sent there unasked: whoever builds the commit chooses
 * that address, and the name of this server would vouch for it.
 */
export function pageElsewhere(environment: Environment, url: string): WaitingPreview {
  const host = URL.canParse(url) ? new URL(url).host : url;
  return { ...pageAt(environment, { text: `Open ${host}`, url }), state: 'elsewhere' };
}

/** It was asked for, and then nobody may build it: the run that comes is sent away. */
function isPutOff({ head, decision }: Environment, { id, status }: Deployment): boolean {
  return status === DEPLOYMENT_STATUS.queued && head?.deploymentId === id && decision?.action !== 'deploy';
}

/** A commit that waits or is skipped does not change the status of what was live before it. */
function stateOf({ status, decision }: Environment): PageState {
  if (decision?.action === 'skip') return 'declined';
  return decision?.action === 'hold' ? ENVIRONMENT_STATUS.awaitingApproval : status;
}

function pageAt({ repository, name, pullRequest }: Environment, link: PageLink | null) {
  const title = `${repository} ${pullRequest ? `#${pullRequest.number}` : name}`;
  return { kind: 'page', title, reason: null, link } as const;
}

function linkOf({ pullRequest }: Environment): PageLink | null {
  return pullRequest ? { text: `Pull request #${pullRequest.number}`, url: pullRequest.url } : null;
}

interface PreviewEnd {
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
function endOf(environment: Environment): PreviewEnd {
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
