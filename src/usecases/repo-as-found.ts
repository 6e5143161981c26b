import type { GitHub } from '../ports/github.js';
import type { Observation } from './observation.js';

type Found = NonNullable<Awaited<ReturnType<GitHub['repository']>>>;

/** A repository as GitHub knows it now: another account may have it, under another name. */
export function repoAsFound({ repo, ...facts }: Found): Observation['repo'] {
  const { repoId: id, fullName, installationId } = repo;
  return { id, fullName, installationId, ...facts };
}
