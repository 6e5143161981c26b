import { draftEnvironment } from '../environments/draft.js';
import { isActive, type Environment } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import { defaultProjectName } from '../settings/settings.js';
import { type AddressPorts, environmentNameFor, hostLabel, previewUrl } from '../shared/preview-url.js';
import { slug } from '../shared/slug.js';
import type { Tools } from '../shared/tools.js';
import type { Inputs, Observation } from './inputs.js';

type Ports = ProjectPorts & AddressPorts & Pick<Tools, 'clock' | 'newId'>;

interface Wanted {
  readonly observation: Observation;
  readonly inputs: Inputs;
  /** The stored environments of this pull request. */
  readonly stored: readonly StoredEnvironment[];
  /** The projects of the repository; they are needed only where an environment is missing. */
  readonly projects: () => Promise<readonly Project[]>;
}

interface Environments {
  readonly wanted: readonly StoredEnvironment[];
  /** The environments of projects that the settings no longer name. */
  readonly dropped: readonly StoredEnvironment[];
}

/** The environment of every project of the repository for this pull request. A missing one is stored with the first decision on it. */
export async function findEnvironments(ports: Ports, request: Wanted): Promise<Environments> {
  const named = await namedEnvironments(ports, request);
  const others = request.stored.filter((environment) => !named.some(({ id }) => id === environment.id));
  // Settings that were unread or invalid do not mean that a project is gone.
  const dropped = tellsProjects(request.inputs) ? others : others.filter(isRemoved);
  return { wanted: [...named, ...others.filter((one) => !dropped.includes(one))], dropped };
}

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
  if (named.length > 0) return Promise.all(named.map(({ name }) => ofName(ports, request, name)));
  if (tellsProjects(inputs)) return [await ofWholeRepository(ports, request)];
  if (stored.length > 0) return stored.filter((environment) => !isRemoved(environment));
  const projects = await request.projects();
  if (projects.length === 0) return [await ofWholeRepository(ports, request)];
  return projects.map((project) => makeEnvironment(ports, { observation: request.observation, project }));
}

async function ofName(ports: Ports, request: Wanted, name: string): Promise<StoredEnvironment> {
  const existing = request.stored.find((environment) => environment.project === name);
  if (existing) return existing;
  const { observation } = request;
  const project = (await request.projects()).find((one) => one.name === name);
  return makeEnvironment(ports, {
    observation,
    project: project ?? (await makeProject(ports, { observation, name })),
  });
}

/** The default project is named after the repository. It keeps its name, URL and check when the repository is renamed. */
async function ofWholeRepository(ports: Ports, request: Wanted): Promise<StoredEnvironment> {
  const { observation, stored } = request;
  const name = defaultProjectName(observation.repo.fullName);
  const existing = stored.find((environment) => environment.project === name);
  if (existing) return existing;
  const all = await request.projects();
  const found = all.find(({ isDefault }) => isDefault) ?? all.find((one) => one.name === name);
  const project = found ?? (await makeProject(ports, { observation, name, isDefault: true }));
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
