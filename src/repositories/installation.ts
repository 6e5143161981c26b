import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { Repo, RepositoryPorts } from '../projects/project.js';
import { observeRepository } from './update.js';

type Ports = EnvironmentPorts & RepositoryPorts & AuditPorts;

export interface EnteredRepository {
  readonly id: number;
  readonly fullName: string;
  readonly private: boolean;
  readonly installationId: number;
  /** Where the event names the account. */
  readonly ownerId: number | undefined;
}

/** An installation was given a repository. Its events do not tell the default branch; the first pull request does. */
export async function enterRepository(ports: Ports, entered: EnteredRepository): Promise<void> {
  const known = await ports.repos.get(entered.id);
  await enter(ports, known, {
    ...entered,
    ownerId: entered.ownerId ?? known?.ownerId ?? 0,
    defaultBranch: known?.defaultBranch ?? null,
  });
}

/** An installation is awake again: all that it lost is given back to it. Answers how many. What GitHub does not show it the sweep takes away again. */
export async function regainRepositories(ports: Ports, installationId: number): Promise<number> {
  const lost = await ports.repos.lostBy(installationId);
  for (const known of lost) {
    const { id, ownerId, fullName, defaultBranch } = known;
    await enter(ports, known, {
      id,
      ownerId,
      fullName,
      defaultBranch,
      private: known.private,
      installationId,
    });
  }
  return lost.length;
}

async function enter(ports: Ports, known: Repo | null, repo: Omit<Repo, 'removedAt'>): Promise<void> {
  const entered = await ports.repos.enter(repo);
  // It was lost, or came from another account: its previews go on, in the name of the new one.
  if (known && known.installationId !== entered.installationId) await observeRepository(ports, entered);
}
