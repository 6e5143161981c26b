import type { DeliveryDecision } from '../deliveries/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { GitHubPorts } from './github.js';
import type { Repo, RepositoryPorts } from './model.js';
import { observeRepository, removeRepository, repoAsFound } from './update.js';

type Ports = EnvironmentPorts & RepositoryPorts & AuditPorts & GitHubPorts & Pick<Tools, 'clock'>;

interface EnteredRepository {
  readonly id: number;
  readonly fullName: string;
  readonly private: boolean;
  readonly installationId: number;
  /** Where the event names the account. */
  readonly ownerId: number | undefined;
}

/** An installation was given a repository. Its events do not tell the default branch; the first pull request does. */
export async function addRepository(ports: Ports, entered: EnteredRepository): Promise<void> {
  const known = await ports.repos.get(entered.id);
  await enter(ports, known, {
    ...entered,
    ownerId: entered.ownerId ?? known?.ownerId ?? 0,
    defaultBranch: known?.defaultBranch ?? null,
  });
}

/** An installation is awake again: all that it lost is given back to it. Answers how many. What GitHub does not show it the sweep takes away again. */
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

async function enter(ports: Ports, known: Repo | null, repo: Omit<Repo, 'removedAt'>): Promise<void> {
  const entered = await ports.repos.enter(repo);
  // It was lost, or came from another account: its previews go on, in the name of the new one.
  if (known && known.installationId !== entered.installationId) await observeRepository(ports, entered);
}

interface LostRepositories {
  readonly installationId: number;
  readonly repoIds: readonly number[];
}

/**
 * An installation says that it was denied some repositories. Whoever gave one away says so late, when the new owner has long brought it in:
 * only its own may an installation take away, and only what GitHub does not let it see any more. What another one has by now goes on there. Answers how many.
 */
export async function removeRepositories(
  ports: Ports,
  { installationId, repoIds }: LostRepositories,
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
    await removeRepository(ports, { repoId, why: 'The App was removed from the repository.' });
    count += 1;
  }
  if (kept.length === 0) return count;
  // A late event, or GitHub's answers lag behind: it is asked again later.
  throw new VitrineError(
    'unavailable',
    `GitHub still lets the App see ${kept.slice(0, 3).join(', ')}, which this event says it was removed from: nothing was taken down there.`,
  );
}

interface LostInstallation {
  readonly installationId: number;
  /** When it was suspended; null when the App was uninstalled: an installation never comes back under its id. */
  readonly suspendedAt: Date | null;
  readonly kind: 'suspended' | 'uninstalled';
}

/** GitHub's answers lag behind its events by seconds; a suspension older than this that GitHub does not know of has ended. */
const LAG_MS = 60_000;

/** The App may see nothing there any more: every preview of it goes. */
export async function removeInstallation(ports: Ports, lost: LostInstallation): Promise<DeliveryDecision> {
  const { installationId, kind } = lost;
  if (kind === 'suspended' && (await ports.github.isAwake(installationId))) return notSuspended(ports, lost);
  const why = `The App was ${kind}.`;
  const repos = await ports.repos.ofInstallation(installationId);
  for (const { id } of repos) await removeRepository(ports, { repoId: id, why });
  const detail = `${why} ${String(repos.length)} repositories left.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}

function notSuspended({ clock }: Ports, { suspendedAt }: LostInstallation): DeliveryDecision {
  const detail = 'GitHub says that the App is not suspended there: nothing was taken down.';
  const age = suspendedAt && clock.now().getTime() - suspendedAt.getTime();
  // Too fresh to tell a late event from a late answer: it is asked again later.
  if (age === null || age < LAG_MS) throw new VitrineError('unavailable', detail);
  return {
    action: 'ignore',
    rule: 'stale-event',
    detail: `${detail} This event came late.`,
    environmentIds: [],
  };
}
