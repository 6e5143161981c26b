import { isActive, type Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import { defaultProjectName } from '../settings/settings.js';
import { type AddressPorts, environmentNameFor, hostLabel, previewUrl } from '../shared/preview-url.js';
import { slug } from '../shared/slug.js';
import type { Observation, Policy } from './inputs.js';

type Ports = EnvironmentPorts & ProjectPorts & AddressPorts;

interface Wanted {
  readonly seen: Observation;
  readonly policy: Policy;
  /** Environments of this pull request that are there. */
  readonly known: readonly StoredEnvironment[];
  /** Projects of the repository that were seen before; others are looked for. */
  readonly projects: readonly Project[];
}

interface Ensured {
  readonly wanted: readonly StoredEnvironment[];
  /** Of projects that the settings no longer name. */
  readonly dropped: readonly StoredEnvironment[];
}

/** The environment of every project of the repository for this pull request, made where it is not there yet. */
export async function ensureEnvironments(ports: Ports, wish: Wanted): Promise<Ensured> {
  const named = await namedEnvironments(ports, wish);
  const others = wish.known.filter((environment) => !named.some(({ id }) => id === environment.id));
  // Settings that were not read, or not understood, say of no project that it is gone.
  const dropped = tellsProjects(wish.policy) ? others : others.filter(isRemoved);
  return { wanted: [...named, ...others.filter((one) => !dropped.includes(one))], dropped };
}

function tellsProjects({ fresh, problems }: Policy): boolean {
  return fresh && problems.every(({ level }) => level !== 'error');
}

/** A project that had gone before keeps its last word. */
export function isRemoved(environment: Environment): boolean {
  return !isActive(environment) && environment.decision?.rule === 'project-removed';
}

async function namedEnvironments(ports: Ports, wish: Wanted): Promise<readonly StoredEnvironment[]> {
  const { policy, known, projects } = wish;
  const named = policy.settings.projects;
  if (named.length > 0) return Promise.all(named.map(({ name }) => ofName(ports, wish, name)));
  if (tellsProjects(policy)) return [await ofWholeRepository(ports, wish)];
  if (known.length > 0) return known.filter((environment) => !isRemoved(environment));
  if (projects.length === 0) return [await ofWholeRepository(ports, wish)];
  return Promise.all(projects.map((project) => makeEnvironment(ports, { seen: wish.seen, project })));
}

async function ofName(ports: Ports, wish: Wanted, name: string): Promise<StoredEnvironment> {
  const there = wish.known.find((environment) => environment.project === name);
  if (there) return there;
  const { seen } = wish;
  const project = wish.projects.find((one) => one.name === name);
  return makeEnvironment(ports, { seen, project: project ?? (await makeProject(ports, { seen, name })) });
}

/** The default project is named after the repository, and keeps that name, its address and its check when the repository is renamed. */
async function ofWholeRepository(ports: Ports, wish: Wanted): Promise<StoredEnvironment> {
  const { seen, known } = wish;
  const name = defaultProjectName(seen.repo.fullName);
  const there = known.find((environment) => environment.project === name);
  if (there) return there;
  const all = known.length > 0 ? await ports.projects.ofRepo(seen.repo.id) : wish.projects;
  const before = all.find(({ isDefault }) => isDefault) ?? all.find((one) => one.name === name);
  const project = before ?? (await makeProject(ports, { seen, name, isDefault: true }));
  return known.find(({ projectId }) => projectId === project.id) ?? makeEnvironment(ports, { seen, project });
}

interface NewProject {
  readonly seen: Observation;
  readonly name: string;
  readonly isDefault?: true;
}

function makeProject(ports: Ports, { seen, ...fresh }: NewProject): Promise<Project> {
  const { id: repoId } = seen.repo;
  return ports.projects.ensure({
    repoId,
    ...fresh,
    slug: slug(fresh.name),
    fallbackSlug: slug(`${fresh.name} of repository ${repoId}`),
  });
}

function makeEnvironment(
  ports: Ports,
  { seen, project }: { seen: Observation; project: Project },
): Promise<StoredEnvironment> {
  const { repo, facts } = seen;
  const environment = environmentNameFor({ pullRequest: facts.number });
  const label = hostLabel({ environment, project: project.slug });
  return ports.environments.ensure({
    projectId: project.id,
    project: project.name,
    repoId: repo.id,
    repository: repo.fullName,
    installationId: repo.installationId,
    name: environment,
    slug: label,
    url: previewUrl({ label, base: ports.previewBase }),
  });
}
