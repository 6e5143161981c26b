import type { Deployment } from '../deployments/model.js';
import { titleFor, wordsFor } from '../deployments/situation.js';
import { isActive, type Environment } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { desiredChecks, isKnown, type PlannedCheck } from './desired-checks.js';
import { desiredComment } from './report-comment.js';
import { desiredDeployments } from './report-deployments.js';
import { headDeployment } from './report-head.js';
import type { Lookup } from './report-lookup.js';
import { statusContext } from './report-names.js';
import type { CommentReport, CommitStatusReport, DeploymentReport } from './reporter.js';

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
  return {
    sha: head.sha,
    context: statusContext(environment, siblings),
    state: wordsFor(environment, deployment).commit,
    description: titleFor(environment, deployment),
    targetUrl: environment.current?.url ?? environment.url,
  };
}
