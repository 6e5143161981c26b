import type { Observation } from '../usecases/observation.js';
import type { GitHub } from './github.js';

type Found = NonNullable<Awaited<ReturnType<GitHub['repository']>>>;

/** A repository as GitHub knows it now: another account may have it, under another name. */
export function repoAsFound({ repo, ...facts }: Found): Observation['repo'] {
  const { repoId: id, fullName, installationId } = repo;
  return { id, fullName, installationId, ...facts };
}
