import type { DeliveryDecision } from '../deliveries/store.js';
import { changeEnvironment } from '../environments/change.js';
import { destroyEnvironment } from '../environments/destroy.js';
import { SERVER_ACTOR, type StepSource } from '../environments/history.js';
import { listedEnvironments } from '../environments/list.js';
import type { Environment } from '../environments/model.js';
import type { EnvironmentFilter, EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { GitHub } from './github.js';
import type { Tools } from '../shared/tools.js';
import type { ReachableRepository, Repo, RepositoryPorts, SeenRepo } from './model.js';

type Ports = EnvironmentPorts & RepositoryPorts & AuditPorts;

/** A repository was renamed, transferred, or made public or private. Its previews get the new name and installation. */
export async function observeRepository(ports: Ports, repo: SeenRepo): Promise<DeliveryDecision> {
  await ports.repos.save(repo);
  const environmentIds: string[] = [];
  for await (const { id } of listedEnvironments(ports, { repoId: repo.id })) {
    await changeEnvironment(ports, {
      id,
      plan: (stored) => ({
        patch: {
          repository: repo.fullName,
          installationId: repo.installationId ?? stored.installationId,
          ...(wasSilenced(stored, repo) ? { reportEpoch: (stored.reportEpoch ?? 0) + 1 } : {}),
        },
        due: wasSilenced(stored, repo) ? ['report'] : [],
      }),
    });
    environmentIds.push(id);
  }
  return {
    action: 'update',
    rule: 'repository-changed',
    detail: `Known as ${repo.fullName} now.`,
    environmentIds,
  };
}

/** Whether GitHub still shows an outdated report, because the App could not write while it had no access. */
function wasSilenced(
  { installationId, decision, reported }: Environment,
  repo: Pick<Repo, 'installationId'>,
): boolean {
  const open = [...reported.checks, ...reported.deployments].some(({ settled }) => !settled);
  const hasReported = reported.comment !== null || reported.checks.length > 0;
  const returns = installationId === null && repo.installationId !== null;
  return returns && (open || (hasReported && decision?.rule === 'repository-removed'));
}

interface LostRepository {
  readonly repoId: number;
  readonly why: string;
  /** When all that is stored for it may be deleted, unless the App gets it back before; null: never. */
  readonly deleteAfter: Date | null;
  readonly source?: StepSource | undefined;
}

/** The App lost its access to the repository: all its environments are destroyed, and nothing more is reported to GitHub. */
export async function removeRepository(
  ports: Ports,
  { repoId, why, source, deleteAfter }: LostRepository,
): Promise<DeliveryDecision> {
  const environmentIds = await destroyAllOfRepository(ports, { filter: { repoId }, why, source });
  await ports.repos.remove(repoId, deleteAfter);
  // An event in progress may have created one more environment meanwhile.
  const late = await destroyAllOfRepository(ports, { filter: { repoId, activeOnly: true }, why, source });
  return {
    action: 'destroy',
    rule: 'repository-removed',
    detail: why,
    environmentIds: [...environmentIds, ...late],
  };
}

/** Events about a repository that is gone may still arrive, and must find it as removed. */
const LATE_EVENTS_MS = 60_000;

/** Owners take repositories away by mistake, and transfers look like a loss: for so long, the settings are kept. */
const KEPT_FOR_MS = 7 * 24 * 60 * 60_000;

/** When what is stored for a repository may go that was deleted, or whose App was uninstalled. */
export function soon({ clock }: Pick<Tools, 'clock'>): Date {
  return new Date(clock.now().getTime() + LATE_EVENTS_MS);
}

/** When what is stored for a repository may go that may come back. */
export function later({ clock }: Pick<Tools, 'clock'>): Date {
  return new Date(clock.now().getTime() + KEPT_FOR_MS);
}

async function destroyAllOfRepository(
  ports: Ports,
  { filter, why, source }: { filter: EnvironmentFilter; why: string; source: StepSource | undefined },
): Promise<string[]> {
  const environmentIds: string[] = [];
  for await (const { id: environmentId } of listedEnvironments(ports, filter)) {
    // Without an installation, the destruction is not reported: the App may not write there any more.
    await changeEnvironment(ports, {
      id: environmentId,
      plan: () => ({ patch: { installationId: null }, due: [] }),
    });
    await destroyEnvironment(ports, {
      environmentId,
      actor: SERVER_ACTOR,
      rule: 'repository-removed',
      detail: why,
      source,
    });
    environmentIds.push(environmentId);
  }
  return environmentIds;
}

type Found = NonNullable<Awaited<ReturnType<GitHub['repository']>>>;

/** The repository as GitHub's API shows it: it may have another owner and name by now. */
export function repoAsFound({ repo, ...facts }: Found): ReachableRepository {
  const { repoId: id, fullName, installationId } = repo;
  return { id, fullName, installationId, ...facts };
}
