import type { DeploymentPorts } from '../deployments/store.js';
import type { Claim, EnvironmentPorts, HeldClaim, StoredEnvironment } from '../environments/store.js';
import type { RepoRef } from '../repositories/model.js';
import { createLookup, desiredReports, commentOwnerOf, referencedDeployments } from './desired.js';
import type { PictureAddressPorts } from '../screenshots/picture-address.js';
import type { ScreenshotPorts } from '../screenshots/screenshot.js';
import { withPictures } from './pictures.js';
import type { ReporterPorts } from './reporter.js';
import { sendReports } from './send.js';

type Ports = EnvironmentPorts & DeploymentPorts & ReporterPorts & ScreenshotPorts & PictureAddressPorts;

/** Makes GitHub show what the documents say: a check for each commit, one comment for the pull request, deployments. Sends differences only. */
export async function reconcileReport(
  ports: Ports,
  claim: Claim | HeldClaim,
): Promise<{ readonly released?: boolean }> {
  const { environment } = claim;
  // The App was removed from the repository and cannot report there.
  if (environment.installationId === null) return {};
  const repo: RepoRef = {
    installationId: environment.installationId,
    repoId: environment.repoId,
    fullName: environment.repository,
  };
  const lookup = createLookup(ports, claim);
  const [siblings] = await Promise.all([
    claim.alone ? [environment] : siblingsOf(ports, environment),
    ...[...referencedDeployments(environment)].map(lookup),
  ]);
  const reports = await desiredReports(lookup, { environment, siblings });
  const desired = await withPictures(ports, { desired: reports, siblings });
  const [notified, sent] = await Promise.allSettled([
    notifyCommentOwner(ports, { environment, siblings }),
    sendReports({ ports, claim, repo, desired, last: siblings.length === 1 }),
  ]);
  if (notified.status === 'rejected') throw notified.reason;
  if (sent.status === 'rejected') throw sent.reason;
  return { released: sent.value };
}

async function siblingsOf(
  ports: Ports,
  environment: StoredEnvironment,
): Promise<readonly StoredEnvironment[]> {
  const { pullRequest, repoId } = environment;
  return pullRequest ? ports.environments.ofPullRequest(repoId, pullRequest.number) : [environment];
}

/** One environment writes the comment for all projects: a change of any of them makes its report due. */
async function notifyCommentOwner(
  { environments }: Ports,
  family: { environment: StoredEnvironment; siblings: readonly StoredEnvironment[] },
): Promise<void> {
  const owner = commentOwnerOf(family);
  if (owner && owner.id !== family.environment.id) await environments.markDue(owner.id, 'report');
}
