import type { DeliveryDecision } from '../deliveries/store.js';
import { changeEnvironment } from '../environments/change.js';
import { destroyEnvironment } from '../environments/destroy.js';
import { listedEnvironments } from '../environments/list.js';
import type { Environment } from '../environments/model.js';
import type { EnvironmentFilter, EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { GitHub } from './github.js';
import type { ReachableRepository, Repo, RepositoryPorts } from './model.js';

type Ports = EnvironmentPorts & RepositoryPorts & AuditPorts;

/** A repository was renamed, moved or made (in)visible. The id is the identity: only names change. */
export async function observeRepository(
  ports: Ports,
  repo: Omit<Repo, 'removedAt'>,
): Promise<DeliveryDecision> {
  await ports.repos.save(repo);
  const environmentIds: string[] = [];
  for await (const { id } of listedEnvironments(ports, { repoId: repo.id })) {
    await changeEnvironment(ports, {
      id,
      plan: (seen) => ({
        patch: {
          repository: repo.fullName,
          installationId: repo.installationId ?? seen.installationId,
          ...(wasSilenced(seen, repo) ? { reportEpoch: (seen.reportEpoch ?? 0) + 1 } : {}),
        },
        due: wasSilenced(seen, repo) ? ['report'] : [],
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

/** While the App could not speak there, GitHub went on showing what it was told last. */
function wasSilenced(
  { installationId, decision, reported }: Environment,
  repo: Pick<Repo, 'installationId'>,
): boolean {
  const open = [...reported.checks, ...reported.deployments].some(({ settled }) => !settled);
  const told = reported.comment !== null || reported.checks.length > 0;
  const returns = installationId === null && repo.installationId !== null;
  return returns && (open || (told && decision?.rule === 'repository-removed'));
}

/** The App may no longer see the repository: everything made for it goes, nothing is told to GitHub any more. */
export async function removeRepository(
  ports: Ports,
  { repoId, why }: { repoId: number; why: string },
): Promise<DeliveryDecision> {
  const environmentIds = await destroyAllOfRepository(ports, { filter: { repoId }, why });
  await ports.repos.remove(repoId);
  // An event that was under way may have brought one more, until now.
  const late = await destroyAllOfRepository(ports, { filter: { repoId, activeOnly: true }, why });
  return {
    action: 'destroy',
    rule: 'repository-removed',
    detail: why,
    environmentIds: [...environmentIds, ...late],
  };
}

async function destroyAllOfRepository(
  ports: Ports,
  { filter, why }: { filter: EnvironmentFilter; why: string },
): Promise<string[]> {
  const environmentIds: string[] = [];
  for await (const { id: environmentId } of listedEnvironments(ports, filter)) {
    // First of all nobody is to be told: the App may not speak there any more.
    await changeEnvironment(ports, {
      id: environmentId,
      plan: () => ({ patch: { installationId: null }, due: [] }),
    });
    await destroyEnvironment(ports, {
      environmentId,
      actor: 'vitrine',
      rule: 'repository-removed',
      detail: why,
    });
    environmentIds.push(environmentId);
  }
  return environmentIds;
}

type Found = NonNullable<Awaited<ReturnType<GitHub['repository']>>>;

/** A repository as GitHub knows it now: another account may have it, under another name. */
export function repoAsFound({ repo, ...facts }: Found): ReachableRepository {
  const { repoId: id, fullName, installationId } = repo;
  return { id, fullName, installationId, ...facts };
}
