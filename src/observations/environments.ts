import { draftEnvironment } from '../environments/draft.js';
import { isActive, type Environment } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { isKept, type Project, type ProjectPorts } from '../projects/project.js';
import { defaultProjectName } from '../settings/settings.js';
import { type AddressPorts, environmentNameFor, hostLabel, previewUrl } from '../shared/preview-url.js';
import { slug } from '../shared/slug.js';
import type { Tools } from '../shared/tools.js';
import type { Repo } from '../repositories/model.js';
import type { Inputs, Observation } from './inputs.js';

type Ports = ProjectPorts & AddressPorts & Pick<Tools, 'clock' | 'newId'>;

interface Wanted {
  readonly observation: Observation;
  readonly inputs: Inputs;
  /** The stored environments of this pull request. */
  readonly stored: readonly StoredEnvironment[];
  readonly repository: Pick<Repo, 'withoutDefault'>;
  readonly projects: () => Promise<readonly Project[]>;
}

interface Environments {
  readonly wanted: readonly StoredEnvironment[];
  /** The environments of projects that the settings no longer name. */
  readonly dropped: readonly StoredEnvironment[];
}

/** The environment of every project of the repository for this pull request. A missing one is stored with the first decision on it. */
export async function findEnvironments(ports: Ports, request: Wanted): Promise<Environments> {
  const leaving = await leavingProjects(request);
  const stored = request.stored.filter(({ projectId }) => !leaving.has(projectId));
  const named = await namedEnvironments(ports, { ...request, stored });
  const others = stored.filter((environment) => !named.some(({ id }) => id === environment.id));
  // Settings that were unread or invalid do not mean that a project is gone.
  const dropped = tellsProjects(request.inputs) ? others : others.filter(isRemoved);
  return { wanted: [...named, ...others.filter((one) => !dropped.includes(one))], dropped };
}

/** Ids of the projects that are being deleted: their environments are removed, whatever happens to the pull request. */
async function leavingProjects({ observation, projects }: Wanted): Promise<ReadonlySet<string>> {
  if (observation.facts.state === 'closed') return new Set();
  return new Set((await projects()).filter((project) => !isKept(project)).map(({ id }) => id));
}

/** Whether the settings tell which projects there are. */
function tellsProjects({ fresh, problems }: Inputs): boolean {
  return fresh && problems.every(({ level }) => level !== 'error');
}

/** Whether the environment was destroyed because the settings no longer named its project. */
export function isRemoved(environment: Environment): boolean {
  return !isActive(environment) && environment.decision?.rule === 'project-removed';
}

async function namedEnvironments(ports: Ports, request: Wanted): Promise<readonly StoredEnvironment[]> {
  const { inputs, stored } = request;
  const named = inputs.settings.projects;
  if (named.length > 0) return all(named.map(({ name }) => ofName(ports, request, name)));
  if (tellsProjects(inputs)) return all([ofWholeRepository(ports, request)]);
  if (stored.length > 0) return stored.filter((environment) => !isRemoved(environment));
  const projects = (await request.projects()).filter(isKept);
  if (projects.length === 0) return all([ofWholeRepository(ports, request)]);
  return projects.map((project) => makeEnvironment(ports, { observation: request.observation, project }));
}

/** Without the projects that are being deleted. */
async function all(
  environments: readonly Promise<StoredEnvironment | null>[],
): Promise<readonly StoredEnvironment[]> {
  return (await Promise.all(environments)).filter((environment) => environment !== null);
}

async function ofName(ports: Ports, request: Wanted, name: string): Promise<StoredEnvironment | null> {
  const existing = request.stored.find((environment) => environment.project === name);
  if (existing) return existing;
  const { observation } = request;
  const known = (await request.projects()).find((one) => one.name === name);
  const project = known ?? (await makeProject(ports, { observation, name }));
  if (!isKept(project)) return null;
  // The environments of a project that was renamed follow one after the other.
  const renamed = request.stored.find(({ projectId }) => projectId === project.id);
  return renamed ?? makeEnvironment(ports, { observation, project });
}

/** The default project is named after the repository. It keeps its name, URL and check when the repository is renamed. */
async function ofWholeRepository(ports: Ports, request: Wanted): Promise<StoredEnvironment | null> {
  const { observation, stored } = request;
  const name = defaultProjectName(observation.repo.fullName);
  const existing = stored.find((environment) => environment.project === name);
  if (existing) return existing;
  const known = await request.projects();
  const found = known.find(({ isDefault }) => isDefault) ?? known.find((one) => one.name === name);
  if (!found && request.repository.withoutDefault === true) return null;
  const project = found ?? (await makeProject(ports, { observation, name, isDefault: true }));
  if (!isKept(project)) return null;
  return (
    stored.find(({ projectId }) => projectId === project.id) ??
    makeEnvironment(ports, { observation, project })
  );
}

interface NewProject {
  readonly observation: Observation;
  readonly name: string;
  readonly isDefault?: true;
}

function makeProject(ports: Ports, { observation, ...fresh }: NewProject): Promise<Project> {
  const { id: repoId } = observation.repo;
  return ports.projects.ensure({
    repoId,
    ...fresh,
    slug: slug(fresh.name),
    fallbackSlug: slug(`${fresh.name} of repository ${repoId}`),
  });
}

function makeEnvironment(
  ports: Ports,
  { observation, project }: { observation: Observation; project: Project },
): StoredEnvironment {
  const { repo, facts } = observation;
  const environment = environmentNameFor({ pullRequest: facts.number });
  const label = hostLabel({ environment, project: project.slug });
  const fresh = {
    projectId: project.id,
    project: project.name,
    repoId: repo.id,
    repository: repo.fullName,
    installationId: repo.installationId,
    name: environment,
    slug: label,
    url: previewUrl({ label, base: ports.previewBase }),
  };
  return draftEnvironment(fresh, { id: ports.newId(), now: ports.clock.now() });
}
