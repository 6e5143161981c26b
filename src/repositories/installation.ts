import type { DeliveryDecision } from '../deliveries/store.js';
import type { StepSource } from '../environments/history.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { GitHubPorts } from './github.js';
import type { Repo, RepositoryPorts, SeenRepo } from './model.js';
import { later, observeRepository, removeRepository, repoAsFound, soon } from './update.js';

type Ports = EnvironmentPorts & RepositoryPorts & AuditPorts & GitHubPorts & Pick<Tools, 'clock'>;

interface AddedRepository {
  readonly id: number;
  readonly fullName: string;
  readonly private: boolean;
  readonly installationId: number;
  /** Undefined when the event does not name the account. */
  readonly ownerId: number | undefined;
}

/** An installation was given a repository. Its events do not name the default branch; the first pull request does. */
export async function addRepository(ports: Ports, added: AddedRepository): Promise<void> {
  const known = await ports.repos.get(added.id);
  await enter(ports, known, {
    ...added,
    ownerId: added.ownerId ?? known?.ownerId ?? 0,
    defaultBranch: known?.defaultBranch ?? null,
  });
}

/** An installation was resumed: it gets all repositories back that it lost. Returns their number. The sweep removes those that GitHub hides. */
export async function restoreRepositories(ports: Ports, installationId: number): Promise<number> {
  const lost = await ports.repos.removedFrom(installationId);
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

async function enter(ports: Ports, known: Repo | null, repo: SeenRepo): Promise<void> {
  const entered = await ports.repos.enter(repo);
  // The repository was lost, or came from another account: its previews continue under the new installation.
  if (known && known.installationId !== entered.installationId) await observeRepository(ports, entered);
}

interface LostRepositories {
  readonly installationId: number;
  readonly repoIds: readonly number[];
  readonly source?: StepSource | undefined;
}

/**
 * An installation reports that it lost some repositories. After a transfer, the old owner's event may arrive long after the new owner
 * added the repository. So an installation only removes repositories that it still has and that GitHub no longer shows to the App.
 * A repository that another installation has now continues there. Returns how many were removed.
 */
export async function removeRepositories(
  ports: Ports,
  { installationId, repoIds, source }: LostRepositories,
): Promise<number> {
  const kept: string[] = [];
  let count = 0;
  for (const repoId of repoIds) {
    const known = await ports.repos.get(repoId);
    if (known?.installationId !== installationId) continue;
    const found = await ports.github.repository(known.fullName);
    if (found?.repo.repoId === repoId) {
      if (found.repo.installationId === installationId) kept.push(known.fullName);
      else await observeRepository(ports, repoAsFound(found));
      continue;
    }
    const why = 'The App was removed from the repository.';
    await removeRepository(ports, { repoId, why, source, deleteAfter: later(ports) });
    count += 1;
  }
  if (kept.length === 0) return count;
  // The event is late, or GitHub's API lags behind: the event is tried again later.
  throw new VitrineError(
    'unavailable',
    `GitHub still lets the App see ${kept.slice(0, 3).join(', ')}, which this event says it was removed from: nothing was taken down there.`,
  );
}

interface LostInstallation {
  readonly installationId: number;
  /** When it was suspended; null when the App was uninstalled: a new installation gets a new id. */
  readonly suspendedAt: Date | null;
  readonly kind: 'suspended' | 'uninstalled';
  readonly source?: StepSource | undefined;
}

/** GitHub's API lags seconds behind its events. A suspension older than this that the API does not show has ended. */
const LAG_MS = 60_000;

/** The App was uninstalled or suspended: every preview of the installation is removed. */
export async function removeInstallation(ports: Ports, lost: LostInstallation): Promise<DeliveryDecision> {
  const { installationId, kind, source } = lost;
  if (kind === 'suspended' && (await ports.github.isAwake(installationId))) return notSuspended(ports, lost);
  const why = `The App was ${kind}.`;
  const repos = await ports.repos.ofInstallation(installationId);
  // A suspended installation can be resumed, with everything that was configured.
  const deleteAfter = kind === 'uninstalled' ? soon(ports) : null;
  for (const { id } of repos) await removeRepository(ports, { repoId: id, why, source, deleteAfter });
  const detail = `${why} ${String(repos.length)} repositories left.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}

function notSuspended({ clock }: Ports, { suspendedAt }: LostInstallation): DeliveryDecision {
  const detail = 'GitHub says that the App is not suspended there: nothing was taken down.';
  const age = suspendedAt && clock.now().getTime() - suspendedAt.getTime();
  // Too recent to tell a late event from a lagging API: the event is tried again later.
  if (age === null || age < LAG_MS) throw new VitrineError('unavailable', detail);
  return {
    action: 'ignore',
    rule: 'stale-event',
    detail: `${detail} This event came late.`,
    environmentIds: [],
  };
}
