import type { Deployment } from '../../src/deployments/model.js';
import type { Leftovers } from '../../src/deployments/leftovers.js';
import type { Removal, RemovalCause } from '../../src/deployments/removal.js';
import { type Situation, type SituationKind, situationOf } from '../../src/deployments/situation.js';
import type { Environment } from '../../src/environments/model.js';
import { CONTAINER_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import {
  COMMIT_PAGES,
  ELSEWHERE_PAGE,
  LEAVING_PAGE,
  PREVIEW_PAGES,
  PROGRAM_REMOVED_PAGE,
  STARTING_PAGE,
} from './page-texts.js';
import type { PageLink, PageState, WaitingPreview } from './preview.js';

/** Whether the target of this name starts programs. */
export type Starts = (target: string) => boolean;

/** The page at the URL of an environment that shows nothing. */
export function pageOfEnvironment(environment: Environment, starts: Starts): WaitingPreview {
  const situation = situationOf({ environment, deployment: null });
  const { kind, removal, leftovers, reason, error } = situation;
  if (isStarting(environment, { kind, of: environment.head?.deploymentId, starts }))
    return pageStarting(situation);
  return {
    ...pageWith(situation, pullRequestLink(situation)),
    state: stateOf(situation),
    text: kind === 'being-removed' && leftovers ? LEAVING_PAGE : PREVIEW_PAGES[kind],
    ...(removal
      ? { message: messageOf(removal, leftovers), reason: removal.visitorDetail }
      : { reason: reason?.detail ?? error }),
  };
}

/** The page while a program that was stopped wakes up. Its status may be that of a newer commit that is built. */
export function pageAsleep(environment: Environment): WaitingPreview {
  const situation = situationOf({ environment, deployment: null });
  return {
    ...pageWith(situation, pullRequestLink(situation)),
    state: ENVIRONMENT_STATUS.sleeping,
    text: PREVIEW_PAGES.asleep,
  };
}

function pageStarting(situation: Situation): WaitingPreview {
  return {
    ...pageWith(situation, pullRequestLink(situation)),
    state: CONTAINER_STATUS.starting,
    text: STARTING_PAGE,
  };
}

/** Its build is done, and its target starts it. */
function isStarting(
  { resources }: Environment,
  {
    kind,
    of,
    starts,
  }: { readonly kind: SituationKind; readonly of: string | undefined; readonly starts: Starts },
): boolean {
  return kind === 'building' && resources.some((one) => one.deploymentId === of && starts(one.target));
}

const WAS_LIVE: readonly SituationKind[] = ['live', 'asleep', 'build-removed'];

/** The page at the URL of one commit that cannot be shown. */
export function pageOfCommit(
  environment: Environment,
  deployment: Deployment,
  { starts, publicUrl }: { readonly starts: Starts; readonly publicUrl: string },
): WaitingPreview {
  const situation = situationOf({ environment, deployment });
  const { kind, removal, reason, error, logsUrl, url } = situation;
  // What the rules decided is true of the preview as a whole.
  if (removal || reason) return pageOfEnvironment(environment, starts);
  if (isStarting(environment, { kind, of: deployment.id, starts })) return pageStarting(situation);
  const logs = logsUrl === null ? null : { text: 'Open the log', url: logsUrl };
  const links = {
    preview: { text: 'Go to the preview', url },
    logs: logs ?? pullRequestLink(situation),
    'pull-request': pullRequestLink(situation),
  };
  const { leadsTo = 'pull-request', ...text } = COMMIT_PAGES[kind];
  const page = `${publicUrl}/deployments/${deployment.id}`;
  const otherLinks = [...treeLink(situation), { text: 'Open its deployment', url: page }];
  const ranBefore = deployment.reach?.kind === 'upstream' && WAS_LIVE.includes(kind);
  return {
    ...pageWith(situation, links[leadsTo]),
    state: stateOf(situation),
    ...(ranBefore ? { text: PROGRAM_REMOVED_PAGE, otherLinks } : { text }),
    reason: leadsTo === 'preview' ? null : error,
  };
}

/** Where GitHub shows the files of the commit, and makes a branch of it. */
function treeLink({ pullRequest, commit }: Situation): readonly PageLink[] {
  const [, repository] = /^(.+)\/pull\/\d+$/.exec(pullRequest?.url ?? '') ?? [];
  if (repository === undefined || commit === null) return [];
  const { sha } = commit;
  return [{ text: `Create a branch at ${sha.slice(0, 7)}`, url: `${repository}/tree/${sha}` }];
}

/**
 * An earlier step of the workflow deployed it to a URL of its own. The visitor follows a link instead of a redirect: the author of the
 * commit chooses that URL, and a redirect would vouch for it with the name of this server.
 */
export function pageElsewhere(environment: Environment, url: string): WaitingPreview {
  const host = URL.canParse(url) ? new URL(url).host : url;
  const situation = situationOf({ environment, deployment: null });
  return { ...pageWith(situation, { text: `Open ${host}`, url }), state: 'elsewhere', text: ELSEWHERE_PAGE };
}

/** Part of the public answer of `/.well-known/vitrine/status`. */
function stateOf({ kind, status }: Situation): PageState {
  if (kind === 'skipped-by-rule') return 'declined';
  return kind === 'awaiting-approval' ? ENVIRONMENT_STATUS.awaitingApproval : status;
}

function pageWith({ repository, pullRequest, environment }: Situation, link: PageLink | null) {
  const title = `${repository} ${pullRequest ? `#${pullRequest.number}` : environment}`;
  return { kind: 'page', title, reason: null, link } as const;
}

function pullRequestLink({ pullRequest }: Situation): PageLink | null {
  return pullRequest && { text: `Pull request #${pullRequest.number}`, url: pullRequest.url };
}

/** Visitors are not told who asked for the removal: that is in the pull request. */
const CAUSES: Readonly<Record<RemovalCause, string>> = {
  closed: 'Its pull request was closed.',
  merged: 'Its pull request was merged.',
  asked: 'It was removed manually.',
  expired: 'It expired.',
  'project-removed': 'The settings of the repository no longer name its project.',
  'repository-removed': 'This server no longer serves its repository.',
  refused: 'Its pull request no longer gets a preview.',
};

const RETURNS = {
  push: 'Push a commit, or close and reopen the pull request, to get it back.',
  reopen: 'Reopening the pull request starts a new one.',
};

/** What the workflow deployed may still be at its own URL. */
const LEFTOVERS: Readonly<Record<Leftovers['state'], string>> = {
  awaited: 'The workflow run that removes it from its host has not come yet.',
  underway: 'A workflow run removes it from its host now.',
  unremoved: 'The workflow run could not remove it from its host.',
  abandoned: 'No workflow run removed it from its host.',
};

function messageOf({ cause, returnsBy }: Removal, leftovers: Leftovers | null): string {
  const left = leftovers && LEFTOVERS[leftovers.state];
  return [CAUSES[cause], left, returnsBy && RETURNS[returnsBy]].filter(Boolean).join(' ');
}
