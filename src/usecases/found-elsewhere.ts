import type { Repo } from '../domain/project.js';
import type { GitHub } from '../ports.js';

type Found = NonNullable<Awaited<ReturnType<GitHub['repository']>>>;

/** A repository as GitHub knows it now: another account may have it, under another name. */
export function foundElsewhere({ repo, ...facts }: Found): Omit<Repo, 'removedAt'> {
  const { repoId: id, fullName, installationId } = repo;
  return { id, fullName, installationId, ...facts };
}
