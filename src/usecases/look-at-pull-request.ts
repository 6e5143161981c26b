import type { Identity } from '../domain/identity.js';
import type { Ports } from '../ports.js';
import { noticePullRequest } from './notice-pull-request.js';

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
