import type { Deployment } from '../deployments/model.js';
import { isActive, type Environment } from '../environments/model.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { DEPLOYMENT_STATE } from '../shared/status/github.js';
import type { Lookup } from './report-lookup.js';
import type { DeploymentReport } from './reporter.js';

/**
 * GitHub's own deployment box. One is made when a run has taken the commit on, not before: a skipped or waiting commit leaves no
 * trace there. We set the old ones inactive ourselves, because GitHub leaves transient ones alone.
 */
export async function desiredDeployments(
  lookup: Lookup,
  environment: Environment,
): Promise<DeploymentReport[]> {
  const known = openlyTold(environment);
  const wanted = new Set([...known, ...shown(environment)]);
  const found = await Promise.all([...wanted].map(lookup));
  return found
    .filter((deployment) => deployment !== null)
    .filter((deployment) => deployment.run !== null || known.includes(deployment.id))
    .map((deployment) => reportOf(environment, deployment));
}

/** All that a report of this environment may speak of, to be read at once. */
export function spokenOf(environment: Environment): ReadonlySet<string> {
  const { head } = environment;
  return new Set([...(head ? [head.deploymentId] : []), ...openlyTold(environment), ...shown(environment)]);
}

function openlyTold({ reported }: Environment): string[] {
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
