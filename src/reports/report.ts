import type { DeploymentPorts } from '../deployments/store.js';
import type { Claim, EnvironmentPorts, HeldClaim, StoredEnvironment } from '../environments/store.js';
import type { RepoRef } from '../repositories/model.js';
import { createLookup, desiredReports, leadOf, referencedDeployments } from './desired.js';
import type { ReporterPorts } from './reporter.js';
import { sendReports } from './send.js';

type Ports = EnvironmentPorts & DeploymentPorts & ReporterPorts;

/**
 * Makes GitHub say what the document says: one check a commit, one comment a pull request, deployments and their states.
 * Only differences are sent, side by side; what was told is kept at once, so that a crash repeats nothing.
 */
export async function reconcileReport(ports: Ports, claim: Claim | HeldClaim): Promise<void> {
  const { environment } = claim;
  // The App was removed from the repository: there is nobody left to tell.
  if (environment.installationId === null) return;
  const repo: RepoRef = {
    installationId: environment.installationId,
    repoId: environment.repoId,
    fullName: environment.repository,
  };
  const lookup = createLookup(ports);
  const [siblings] = await Promise.all([
    siblingsOf(ports, environment),
    ...[...referencedDeployments(environment)].map(lookup),
  ]);
  const desired = await desiredReports(lookup, { environment, siblings });
  const done = await Promise.allSettled([
    wakeLead(ports, { environment, siblings }),
    sendReports({ ports, claim, repo, desired }),
  ]);
  const failed = done.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function siblingsOf(
  ports: Ports,
  environment: StoredEnvironment,
): Promise<readonly StoredEnvironment[]> {
  const { pullRequest, repoId } = environment;
  return pullRequest ? ports.environments.ofPullRequest(repoId, pullRequest.number) : [environment];
}

/** The one that writes the comment for all hears of every change of the others: whatever changes one of them makes its report due. */
async function wakeLead(
  { environments }: Ports,
  scene: { environment: StoredEnvironment; siblings: readonly StoredEnvironment[] },
): Promise<void> {
  const lead = leadOf(scene);
  if (lead && lead.id !== scene.environment.id) await environments.markDue(lead.id, 'report');
}
