import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { RepositoryPorts } from '../projects/project.js';
import { VitrineError } from '../shared/errors.js';
import type { GitHubPorts } from './github.js';
import { repoAsFound } from './repo-as-found.js';
import { observeRepository, removeRepository } from './update.js';

type Ports = EnvironmentPorts & RepositoryPorts & GitHubPorts & AuditPorts;

export interface LostRepositories {
  readonly installationId: number;
  readonly repoIds: readonly number[];
}

/**
 * An installation says that it was denied some repositories. Whoever gave one away says so late, when the new owner has long brought it in:
 * only its own may an installation take away, and only what GitHub does not let it see any more. What another one has by now goes on there. Answers how many.
 */
export async function loseRepositories(
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
