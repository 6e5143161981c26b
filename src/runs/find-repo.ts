import type { Observation } from '../observations/observation.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { Repo, RepositoryPorts } from '../repositories/model.js';
import { repoAsFound } from '../repositories/update.js';
import { VitrineError } from '../shared/errors.js';
import type { Identity } from './identity.js';

type Ports = RepositoryPorts & GitHubPorts;

type Reachable = Observation['repo'];

/** The repository of a run. One that is not known, or was lost, is looked up: the webhook of its installation may never have come. */
export async function findRepo(
  ports: Pick<Ports, 'repos' | 'github'>,
  identity: Identity,
): Promise<Reachable> {
  const known = await ports.repos.get(identity.repoId);
  if (known && isReachable(known) && known.ownerId === identity.ownerId) return known;
  const found = await lookUp(ports, identity);
  // What was lost a moment ago stays so: GitHub's answers lag behind its events.
  const saved = found && (await ports.repos.save(found));
  if (saved && isReachable(saved)) return saved;
  throw new VitrineError(
    'forbidden',
    'The Vitrine App is not installed on this repository. Install it, then run the workflow again.',
  );
}

async function lookUp(
  { github }: Pick<Ports, 'github'>,
  { repoId, ownerId, repository }: Identity,
): Promise<Reachable | null> {
  const found = repository === undefined ? null : await github.repository(repository);
  if (found?.repo.repoId !== repoId || found.ownerId !== ownerId) return null;
  return repoAsFound(found);
}

function isReachable(repo: Repo): repo is Repo & { installationId: number } {
  return repo.installationId !== null && repo.removedAt === null;
}
