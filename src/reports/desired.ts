import { type Deployment, deploymentOfHead, freshDeployment, waitingAgain } from '../deployments/model.js';
import { situationOf } from '../deployments/situation.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { type Environment, type Head, isActive } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { projectsOf } from '../settings/settings.js';
import { DEPLOYMENT, nextDeployment } from '../shared/status/deployment.js';
import { DEPLOYMENT_STATE } from '../shared/status/github.js';
import {
  desiredChecks,
  GITHUB_WORDS,
  isKnown,
  type PlannedCheck,
  statusContext,
  titleOf,
} from './desired-checks.js';
import type { CommentReport, CommitStatusReport, DeploymentReport } from './reporter.js';

type Ports = DeploymentPorts;

export interface Desired {
  readonly checks: readonly PlannedCheck[];
  readonly deployments: readonly DeploymentReport[];
  /** Null when this environment does not own the comment, or nothing is to be said. */
  readonly comment: CommentReport | null;
  readonly commitStatus: CommitStatusReport | null;
}

interface Scene {
  readonly environment: StoredEnvironment;
  readonly siblings: readonly StoredEnvironment[];
}

/** What GitHub should say, from the documents alone. */
export async function desiredReports(lookup: Lookup, { environment, siblings }: Scene): Promise<Desired> {
  const quiet = !isActive(environment) && neverReported(environment);
  if (quiet) return { checks: [], deployments: [], comment: null, commitStatus: null };
  const [deployment, deployments, comment] = await Promise.all([
    headDeployment(lookup, environment),
    desiredDeployments(lookup, environment),
    desiredComment(lookup, { environment, siblings }),
  ]);
  const asked = environment.settings?.report.commitStatus === true;
  return withoutSwitchedOff(environment, {
    checks: desiredChecks({ environment, siblings, deployment }),
    deployments,
    comment,
    commitStatus: asked ? desiredStatus({ environment, siblings, deployment }) : null,
  });
}

/** What the settings switch off is not begun. What GitHub shows already goes on being true, or its last words would stand for ever. */
function withoutSwitchedOff({ settings, reported }: Environment, desired: Desired): Desired {
  const { check = true, deployment = true, comment = true } = settings?.report ?? {};
  const shown = reported.deployments.map(({ deploymentId }) => deploymentId);
  return {
    ...desired,
    checks: desired.checks.filter((planned) => check || isKnown(reported, planned)),
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
}: Scene & { readonly deployment: Deployment | null }): CommitStatusReport | null {
  const { head } = environment;
  if (!head) return null;
  const situation = situationOf({ environment, deployment });
  return {
    sha: head.sha,
    context: statusContext(environment, siblings),
    state: GITHUB_WORDS[situation.kind].commit,
    description: titleOf(situation),
    targetUrl: environment.current?.url ?? environment.url,
  };
}

/**
 * One environment speaks for all projects of the pull request, so that two never write one comment: who has begun to, else that of the
 * first project the settings name, which may not be there yet.
 */
export function leadOf({ environment, siblings }: Scene): StoredEnvironment | undefined {
  const speaker = siblings.filter(({ reported }) => reported.comment !== null).sort(byAge)[0];
  if (speaker) return speaker;
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  const first = siblings.find((sibling) => sibling.project === names[0]);
  return names.includes(project) ? first : (first ?? [...siblings].sort(byAge)[0]);
}

function byAge(a: StoredEnvironment, b: StoredEnvironment): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}

/** Null when another environment owns the comment, or nothing is to be said. */
async function desiredComment(
  lookup: Lookup,
  { environment, siblings }: Scene,
): Promise<CommentReport | null> {
  const { pullRequest } = environment;
  if (!pullRequest || leadOf({ environment, siblings })?.id !== environment.id) return null;
  const silent = siblings.every(({ decision, current }) => decision?.action === 'skip' && current === null);
  if (silent && environment.reported.comment === null) return null;
  const situations = await Promise.all(
    siblings.map(async (sibling) =>
      situationOf({ environment: sibling, deployment: await headDeployment(lookup, sibling) }),
    ),
  );
  return {
    number: pullRequest.number,
    marker: `<!-- vitrine:${environment.repoId}:${pullRequest.number} -->`,
    situations,
  };
}

/**
 * GitHub's own deployment box. One is made when a run has taken the commit on, not before: a skipped or waiting commit leaves no
 * trace there. We set the old ones inactive ourselves, because GitHub leaves transient ones alone.
 */
async function desiredDeployments(lookup: Lookup, environment: Environment): Promise<DeploymentReport[]> {
  const known = openReports(environment);
  const wanted = new Set([...known, ...shown(environment)]);
  const found = await Promise.all([...wanted].map(lookup));
  return found
    .filter((deployment) => deployment !== null)
    .filter((deployment) => deployment.run !== null || known.includes(deployment.id))
    .map((deployment) => reportOf(environment, deployment));
}

/** All that a report of this environment may speak of, to be read at once. */
export function referencedDeployments(environment: Environment): ReadonlySet<string> {
  const { head } = environment;
  return new Set([...(head ? [head.deploymentId] : []), ...openReports(environment), ...shown(environment)]);
}

function openReports({ reported }: Environment): string[] {
  return reported.deployments.filter((told) => !told.settled).map((told) => told.deploymentId);
}

function shown({ head, current, ...environment }: Environment): string[] {
  if (!isActive(environment)) return [];
  return [head?.deploymentId, current?.deploymentId].filter((id) => id !== undefined);
}

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

/** The deployment of the newest commit, as it is or as it is about to be. */
export async function headDeployment(lookup: Lookup, environment: Environment): Promise<Deployment | null> {
  const { head } = environment;
  if (!head) return null;
  const stored = await lookup(head.deploymentId);
  const known = willDeploy(environment) ? coming({ environment, head, stored }) : stored;
  // Counted from the commit, so that a report says the same before and after the document is there.
  return known && { ...known, createdAt: head.at };
}

function willDeploy(environment: Environment): boolean {
  return isActive(environment) && environment.decision?.action === 'deploy';
}

/**
 * An environment names the deployment of its head before that document is written, or revived after a reopening. A report that
 * comes in between says what will be there, or nobody would correct it.
 */
function coming({ environment, head, stored }: Coming): Deployment {
  if (!stored) return freshDeployment(deploymentOfHead(environment, head), head.at);
  if (stored.run !== null || stored.generation >= environment.generation) return stored;
  const status = nextDeployment(stored.status, 'revive') ?? stored.status;
  return { ...stored, ...waitingAgain(), status };
}

interface Coming {
  readonly environment: Environment;
  readonly head: Head;
  readonly stored: Deployment | null;
}

type Lookup = (id: string) => Promise<Deployment | null>;

/** Each deployment is read once for a report, however many of its parts speak of it. */
export function createLookup({ deployments }: Pick<Ports, 'deployments'>): Lookup {
  const asked = new Map<string, Promise<Deployment | null>>();
  return (id) => {
    const found = asked.get(id) ?? deployments.get(id);
    asked.set(id, found);
    return found;
  };
}
