import { type Deployment, deploymentOfHead, freshDeployment, waitingAgain } from '../deployments/model.js';
import { type Situation, situationOf } from '../deployments/situation.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { type Environment, type Head, isActive } from '../environments/model.js';
import type { Claim, StoredEnvironment } from '../environments/store.js';
import { projectsOf } from '../settings/settings.js';
import { DEPLOYMENT, nextDeployment } from '../shared/status/deployment.js';
import { DEPLOYMENT_STATE } from '../shared/status/github.js';
import { checkOfAll } from './check-of-all.js';
import {
  desiredChecks,
  GITHUB_WORDS,
  isReported,
  descriptionOf,
  type PlannedCheck,
  statusContext,
} from './desired-checks.js';
import type { CommentReport, CommitStatusReport, DeploymentReport } from './reporter.js';

export interface Desired {
  readonly checks: readonly PlannedCheck[];
  readonly deployments: readonly DeploymentReport[];
  /** Null when another environment owns the comment, or there is nothing to report. */
  readonly comment: CommentReport | null;
  readonly commitStatus: CommitStatusReport | null;
}

interface Family {
  readonly environment: StoredEnvironment;
  /** All environments of the pull request, this one included. */
  readonly siblings: readonly StoredEnvironment[];
}

/** What GitHub should show, computed from the documents alone. */
export async function desiredReports(lookup: Lookup, family: Family): Promise<Desired> {
  const { environment } = family;
  const siblings = [...family.siblings].sort(byProject);
  if (!isActive(environment) && neverReported(environment))
    return { checks: [], deployments: [], comment: null, commitStatus: null };
  const isOwner =
    environment.pullRequest !== null && commentOwnerOf({ environment, siblings })?.id === environment.id;
  const [deployment, deployments, situations] = await Promise.all([
    headDeployment(lookup, environment),
    desiredDeployments(lookup, environment),
    isOwner ? situationsOf(lookup, siblings) : null,
  ]);
  const ofAll = situations && checkOfAll({ environment, siblings, situations });
  const withStatus = environment.settings?.report.commitStatus === true;
  return withoutSwitchedOff(environment, {
    checks: [...desiredChecks({ environment, siblings, deployment }), ...(ofAll ? [ofAll] : [])],
    deployments,
    comment: situations && desiredComment({ environment, siblings, situations }),
    commitStatus: withStatus ? desiredStatus({ environment, siblings, deployment }) : null,
  });
}

/** Drops what the settings switch off, unless GitHub shows it already: an outdated report would stay there for ever. */
function withoutSwitchedOff({ settings, reported }: Environment, desired: Desired): Desired {
  const { check = true, deployment = true, comment = true } = settings?.report ?? {};
  const shown = reported.deployments.map(({ deploymentId }) => deploymentId);
  return {
    ...desired,
    checks: desired.checks.filter((planned) => check || isReported(reported, planned)),
    deployments: desired.deployments.filter(({ deploymentId }) => deployment || shown.includes(deploymentId)),
    comment: comment || reported.comment !== null ? desired.comment : null,
  };
}

function neverReported({ reported: { checks, comment, deployments, commitStatus } }: Environment): boolean {
  return checks.length === 0 && comment === null && deployments.length === 0 && commitStatus === null;
}

function desiredStatus({
  environment,
  siblings,
  deployment,
}: Family & { readonly deployment: Deployment | null }): CommitStatusReport | null {
  const { head } = environment;
  if (!head) return null;
  const situation = situationOf({ environment, deployment });
  return {
    sha: head.sha,
    context: statusContext(environment, siblings),
    state: GITHUB_WORDS[situation.kind].commit,
    description: descriptionOf(situation),
    targetUrl: environment.current?.url ?? environment.url,
  };
}

/**
 * The one environment that writes the comment for all projects of the pull request: the one that has written it before, otherwise the
 * one of the first project in the settings. Undefined while that environment does not exist yet.
 */
export function commentOwnerOf({ environment, siblings }: Family): StoredEnvironment | undefined {
  const writer = siblings.filter(({ reported }) => reported.comment !== null).sort(byAge)[0];
  if (writer) return writer;
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  const first = siblings.find((sibling) => sibling.project === names[0]);
  return names.includes(project) ? first : (first ?? [...siblings].sort(byAge)[0]);
}

/** Reports list projects by name: the order in which their environments were made says nothing to a reader. */
function byProject(a: StoredEnvironment, b: StoredEnvironment): number {
  if (a.project === b.project) return byAge(a, b);
  return a.project < b.project ? -1 : 1;
}

function byAge(a: StoredEnvironment, b: StoredEnvironment): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}

function situationsOf(lookup: Lookup, siblings: readonly StoredEnvironment[]): Promise<readonly Situation[]> {
  return Promise.all(
    siblings.map(async (environment) =>
      situationOf({ environment, deployment: await headDeployment(lookup, environment) }),
    ),
  );
}

/** A skipped commit without a preview gets a comment only when there is one already. */
function desiredComment({
  environment,
  siblings,
  situations,
}: Family & Pick<CommentReport, 'situations'>): CommentReport | null {
  const { pullRequest, repoId } = environment;
  const silent = siblings.every(({ decision, current }) => decision?.action === 'skip' && current === null);
  if (!pullRequest || (silent && environment.reported.comment === null)) return null;
  const { number } = pullRequest;
  return { number, marker: `<!-- vitrine:${repoId}:${number} -->`, situations };
}

/**
 * GitHub's own deployments. One is created only when a run has started on the commit, so that a skipped or waiting commit leaves none.
 * The server sets old ones to inactive itself, because GitHub does not do that with transient ones.
 */
async function desiredDeployments(lookup: Lookup, environment: Environment): Promise<DeploymentReport[]> {
  const open = openReports(environment);
  const ids = new Set([...open, ...shown(environment)]);
  const found = await Promise.all([...ids].map(lookup));
  return found
    .filter((deployment) => deployment !== null)
    .filter((deployment) => deployment.run !== null || open.includes(deployment.id))
    .map((deployment) => reportOf(environment, deployment));
}

/** The ids of all deployments that a report of this environment needs, so that they are read together. */
export function referencedDeployments(environment: Environment): ReadonlySet<string> {
  const { head } = environment;
  return new Set([...(head ? [head.deploymentId] : []), ...openReports(environment), ...shown(environment)]);
}

function openReports({ reported }: Environment): string[] {
  return reported.deployments.filter(({ settled }) => !settled).map(({ deploymentId }) => deploymentId);
}

function shown({ head, current, ...environment }: Environment): string[] {
  if (!isActive(environment)) return [];
  return [head?.deploymentId, current?.deploymentId].filter((id) => id !== undefined);
}

/** GitHub's deployment is a record of one attempt: its own status counts, not what the rules say of the preview. */
function reportOf(environment: Environment, deployment: Deployment): DeploymentReport {
  const live = isActive(environment) && environment.current?.deploymentId === deployment.id;
  const newest = isActive(environment) && environment.head?.deploymentId === deployment.id;
  const own = DEPLOYMENT[deployment.status];
  const state = live ? DEPLOYMENT_STATE.success : newest ? own.github.deployment : DEPLOYMENT_STATE.inactive;
  return {
    deploymentId: deployment.id,
    sha: deployment.sha,
    githubEnvironment:
      environment.settings?.report.githubEnvironment === 'per-pull-request' ? environment.name : 'preview',
    state,
    description: `${environment.project}: ${state === DEPLOYMENT_STATE.inactive ? 'removed or replaced' : own.text.label}`,
    url: live ? (environment.current?.url ?? null) : null,
    logUrl: deployment.logsUrl,
  };
}

/** The deployment of the newest commit. Where the server is about to write or revive it, as it will be. */
export async function headDeployment(lookup: Lookup, environment: Environment): Promise<Deployment | null> {
  const { head } = environment;
  if (!head) return null;
  const stored = await lookup(head.deploymentId);
  const deployment = willDeploy(environment) ? expectedDeployment({ environment, head, stored }) : stored;
  // The time of the commit, so that a report is the same before and after the document is written.
  return deployment && { ...deployment, createdAt: head.at };
}

function willDeploy(environment: Environment): boolean {
  return isActive(environment) && environment.decision?.action === 'deploy';
}

/**
 * The environment names the deployment of its head before that document is written, or revived after a reopening. A report in between
 * shows what will be written, because writing it makes no new report due.
 */
function expectedDeployment({ environment, head, stored }: ExpectedInput): Deployment {
  if (!stored) return freshDeployment(deploymentOfHead(environment, head), head.at);
  if (stored.run !== null || stored.generation >= environment.generation) return stored;
  const status = nextDeployment(stored.status, 'revive') ?? stored.status;
  return { ...stored, ...waitingAgain(), status };
}

interface ExpectedInput {
  readonly environment: Environment;
  readonly head: Head;
  readonly stored: Deployment | null;
}

type Lookup = (id: string) => Promise<Deployment | null>;

/** Reads each deployment once for a report. That of a head which was named a moment ago is not looked for: it is as the head says. */
export function createLookup(
  { deployments }: DeploymentPorts,
  claim?: Pick<Claim, 'environment' | 'alone'>,
): Lookup {
  const reads = new Map<string, Promise<Deployment | null>>();
  const named = claim?.alone && claim.environment.head;
  if (named) reads.set(named.deploymentId, Promise.resolve(null));
  return (id) => {
    const found = reads.get(id) ?? deployments.get(id);
    reads.set(id, found);
    return found;
  };
}
