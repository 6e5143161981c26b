import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { noticePullRequest } from '../observations/observe.js';
import { isRemoved } from '../observations/environments.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import { isReachable, type ReachableRepository, type RepositoryPorts } from '../repositories/model.js';
import { repoAsFound } from '../repositories/update.js';
import { VitrineError } from '../shared/errors.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import type { Identity } from './identity.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

interface HeadRequest {
  readonly sha: string;
  readonly pullRequest: number;
  readonly project?: string | undefined;
}

/** The environment whose newest head is the commit of this run. When the run starts before its webhook arrives, the server reads the pull request. */
export async function findHead(
  ports: Ports,
  { identity, body }: { identity: Identity; body: HeadRequest },
): Promise<StoredEnvironment> {
  const repo = await findRepo(ports, identity);
  const known = pick(await ports.environments.ofPullRequest(repo.id, body.pullRequest), body.project);
  if (known?.head?.sha === body.sha) return known;
  await requirePullRequest(ports, { repo, identity, number: body.pullRequest });
  const found = pick(await ports.environments.ofPullRequest(repo.id, body.pullRequest), body.project);
  if (!found) throw noProject(body.project);
  if (found.head?.sha !== body.sha) throw stale(body.sha, found);
  return found;
}

function pick(all: readonly StoredEnvironment[], project: string | undefined): StoredEnvironment | undefined {
  if (project !== undefined) return all.find((environment) => environment.project === project);
  const named = all.filter((environment) => !isRemoved(environment));
  if (named.length > 1) {
    // Sorted, so that the message is the same every time.
    const names = named
      .map((environment) => environment.project)
      .sort()
      .join(', ');
    throw new VitrineError(
      'bad_request',
      `This repository has several projects (${names}): set the input "project".`,
    );
  }
  return named[0];
}

async function requirePullRequest(
  ports: Ports,
  { repo, identity, number }: { repo: ReachableRepository; identity: Identity; number: number },
): Promise<void> {
  const sender = { id: identity.actorId, login: identity.actor };
  const source = { kind: 'run', id: identity.runId } as const;
  if (await noticePullRequest(ports, { repo, number, sender, source })) return;
  // The identity of the run proves that it exists, so the Action tries again.
  throw new VitrineError(
    'unavailable',
    `GitHub does not know pull request #${number} of ${repo.fullName} just now: the server looks for it again.`,
  );
}

function noProject(project: string | undefined): VitrineError {
  return new VitrineError(
    'not_found',
    project === undefined
      ? 'There is no preview for this pull request: see the check "Preview" for the reason.'
      : `There is no project "${project}" in .github/preview.yml on the default branch.`,
  );
}

function stale(sha: string, environment: StoredEnvironment): VitrineError {
  const newest = environment.head?.sha.slice(0, 7) ?? 'none';
  return new VitrineError(
    'stale_head',
    `Commit ${sha.slice(0, 7)} is not the newest of the pull request any more (that is ${newest}): nothing was deployed.`,
  );
}

/** The repository of a run. GitHub is asked when it is unknown or removed: the installation webhook may be missing. */
export async function findRepo(
  ports: Pick<Ports, 'repos' | 'github'>,
  identity: Identity,
): Promise<ReachableRepository> {
  const known = await ports.repos.get(identity.repoId);
  if (known && isReachable(known) && known.ownerId === identity.ownerId) return known;
  const found = await fetchRepositoryFromGitHub(ports, identity);
  // `save` keeps a repository removed a moment ago as removed: GitHub's answers lag behind its events.
  const saved = found && (await ports.repos.save(found));
  if (saved && isReachable(saved)) return saved;
  throw new VitrineError(
    'forbidden',
    'The Vitrine App is not installed on this repository. Install it, then run the workflow again.',
  );
}

async function fetchRepositoryFromGitHub(
  { github }: Pick<Ports, 'github'>,
  { repoId, ownerId, repository }: Identity,
): Promise<ReachableRepository | null> {
  const found = repository === undefined ? null : await github.repository(repository);
  if (found?.repo.repoId !== repoId || found.ownerId !== ownerId) return null;
  return repoAsFound(found);
}
