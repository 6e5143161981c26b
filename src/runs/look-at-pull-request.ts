import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import { noticePullRequest } from '../observations/notice-pull-request.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import type { Identity } from './identity.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  Pick<Tools, 'clock' | 'newId'> &
  AddressPorts;

/** Reads a pull request and its settings from GitHub again, for a run that stands at the door. Asks for nothing new by itself. */
export async function lookAtPullRequest(
  ports: Ports,
  { identity, number }: { identity: Identity; number: number },
): Promise<void> {
  const repo = await ports.repos.get(identity.repoId);
  if (!repo || repo.installationId === null || repo.removedAt !== null) return;
  const reachable = { ...repo, installationId: repo.installationId };
  const sender = { id: identity.actorId, login: identity.actor };
  await noticePullRequest(ports, { repo: reachable, number, sender });
}
