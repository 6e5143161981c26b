import type { StoredEnvironment } from '../../../../src/environments/store.js';
import { isKept, type StoredProject } from '../../../../src/projects/project.js';
import { refOf } from '../../../../src/repositories/ask.js';
import { isGitHubFailure } from '../../../../src/repositories/github.js';
import { type Inspection, inspectRepository } from '../../../../src/repositories/inspect.js';
import { isReachable, type Repo } from '../../../../src/repositories/model.js';
import { defaultProjectName } from '../../../../src/settings/settings.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { found } from '../../../api/handler.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import type { Asking } from '../call.js';
import { roleIn } from '../role.js';

/** A repository in its first steps, with all that says which of them are done. */
export interface Chosen {
  readonly repo: Repo;
  readonly inspection: Inspection;
  readonly projects: readonly StoredProject[];
  /** The one that the steps are about; null before there is one. */
  readonly project: StoredProject | null;
  readonly environments: readonly StoredEnvironment[];
  readonly mayChange: boolean;
  readonly version: string;
}

/** The newest previews: the first of them is what the person waits for. */
const SHOWN = 3;

export async function chosenRepository(ports: Ports, { caller }: Asking, id: number): Promise<Chosen> {
  const repo = found(await ports.repos.get(id), 'repository');
  if (!isReachable(repo))
    throw new VitrineError(
      'not_found',
      'The App is not installed in this repository any more: install it again.',
    );
  const [inspection, projects, environments, version] = await Promise.all([
    inspectRepository(ports, refOf(repo)),
    ports.projects.ofRepo(id),
    newest(ports, id),
    versionFor(ports, id),
  ]);
  const kept = projects.filter(isKept);
  const name = defaultProjectName(repo.fullName);
  const project = kept.find((one) => one.name === name) ?? kept[0] ?? null;
  const role = await roleIn(ports, caller, { repoId: id, projectId: project?.id ?? '' });
  return { repo, inspection, projects: kept, project, environments, version, mayChange: role === 'admin' };
}

async function newest({ environments }: Ports, repoId: number): Promise<readonly StoredEnvironment[]> {
  return (await environments.list({ repoId }, { limit: SHOWN })).items;
}

/** Changes with a push to the default branch, and with everything that happens to a preview. */
export async function versionFor(ports: Ports, repoId: number): Promise<string> {
  const [repo, environments] = await Promise.all([ports.repos.get(repoId), newest(ports, repoId)]);
  const deployments = await ports.deployments.byIds(
    environments.flatMap(({ head }) => head?.deploymentId ?? []),
  );
  const policy = repo?.kept?.policy;
  return versionOf(
    [repo?.removedAt, policy?.sha, policy?.stale, repo?.epoch],
    environments.map(({ id, version }) => [id, version]),
    deployments.map(({ id, version }) => [id, version]),
  );
}

/** The events of an installation do not name it. */
export async function branchOf({ github }: Ports, { defaultBranch, fullName }: Repo): Promise<string> {
  if (defaultBranch !== null) return defaultBranch;
  const seen = await github.repository(fullName).catch((error: unknown) => {
    if (isGitHubFailure(error)) return null;
    throw error;
  });
  return seen?.defaultBranch ?? 'main';
}
