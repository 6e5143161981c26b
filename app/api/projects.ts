import type {
  EffectiveSettings,
  projects,
  ProjectView,
  RepositoryView,
} from '../../src/contract/projects.js';
import { effectiveSettings } from '../../src/projects/effective.js';
import type { Visible } from '../../src/people/rights.js';
import type { StoredProject } from '../../src/projects/project.js';
import type { Repo } from '../../src/repositories/model.js';
import { addProject, changeProject, deleteProject, policyFile } from '../../src/repositories/projects.js';
import type { Ports } from '../ports.js';
import { found, type Handlers, isoOrNull, nameOf, pageOf } from './handler.js';
import { visibleTo } from './visible.js';

export const projectHandlers: Handlers<typeof projects> = {
  async listProjects(ports, { query, caller }) {
    const { repository, ...page } = query;
    const visible = await visibleTo(ports, caller);
    const repo = repository === undefined ? undefined : await ports.repos.byFullName(repository);
    if (repo === null) return { items: [], nextCursor: null };
    const filter = { repoId: repo?.id, ids: visible === 'all' ? undefined : visible.projectIds };
    const { items, nextCursor } = await ports.projects.list(filter, pageOf(page));
    return { items: await presentAll(ports, items), nextCursor };
  },

  async getProject(ports, { params }) {
    return present(ports, found(await ports.projects.get(params.id), 'project'));
  },

  async changeProject(ports, { params, body, caller }) {
    const change = { id: params.id, ...body, actor: nameOf(caller) };
    return present(ports, await changeProject(ports, change));
  },

  async deleteProject(ports, { params, caller }) {
    return present(ports, await deleteProject(ports, { id: params.id, actor: nameOf(caller) }));
  },

  async getProjectSettings(ports, { params }) {
    return presentSettings(ports, found(await ports.projects.get(params.id), 'project'));
  },

  async listRepositories(ports, { query, caller }) {
    const visible = await visibleTo(ports, caller);
    const ids = visible === 'all' ? undefined : await visibleRepositories(ports, visible);
    const { items, nextCursor } = await ports.repos.list({ ids }, pageOf(query));
    const shown = await Promise.all(items.map((repo) => presentRepository(ports, { repo, visible })));
    return { items: shown, nextCursor };
  },

  async getRepository(ports, { params, caller }) {
    const repo = found(await ports.repos.get(params.id), 'repository');
    return presentRepository(ports, { repo, visible: await visibleTo(ports, caller) });
  },

  async addProject(ports, { params, body, caller }) {
    const addition = { repoId: params.id, ...body, actor: nameOf(caller) };
    return present(ports, await addProject(ports, addition));
  },
};

/** Those that the caller may see, and those with a project that the caller may see. */
async function visibleRepositories({ projects: store }: Ports, visible: Visible): Promise<readonly number[]> {
  const ofProjects = await Promise.all(visible.projectIds.map((id) => store.get(id)));
  return [...new Set([...visible.repoIds, ...ofProjects.flatMap((project) => project?.repoId ?? [])])];
}

interface Shown {
  readonly repo: Repo;
  readonly visible: 'all' | Visible;
}

async function presentRepository(ports: Ports, { repo, visible }: Shown): Promise<RepositoryView> {
  const all = await ports.projects.ofRepo(repo.id);
  const shown = all.filter(({ id }) => visible === 'all' || visible.projectIds.includes(id));
  const { id, fullName: name, defaultBranch, removedAt } = repo;
  return {
    id,
    name,
    private: repo.private,
    defaultBranch,
    removedAt: isoOrNull(removedAt),
    projects: shown.map((project) => view(project, repo)),
  };
}

/** Each repository is read once. */
async function presentAll(ports: Ports, items: readonly StoredProject[]): Promise<ProjectView[]> {
  const ids = [...new Set(items.map(({ repoId }) => repoId))];
  const repos = new Map(await Promise.all(ids.map(async (id) => [id, await ports.repos.get(id)] as const)));
  return items.map((project) => view(project, repos.get(project.repoId) ?? null));
}

async function present(ports: Ports, project: StoredProject): Promise<ProjectView> {
  return view(project, await ports.repos.get(project.repoId));
}

function view(project: StoredProject, repo: Repo | null): ProjectView {
  const { id, name, slug, repoId, active, settings, version } = project;
  return {
    id,
    name,
    slug,
    repositoryId: repoId,
    repository: repo?.fullName ?? '',
    active,
    source: sourceOf(project),
    settings: { ...settings },
    version,
    deletingAt: isoOrNull(project.deletingAt),
    createdAt: project.createdAt.toISOString(),
    updatedAt: project.updatedAt.toISOString(),
  };
}

function sourceOf({ isDefault, isAdded }: StoredProject): ProjectView['source'] {
  if (isAdded) return 'api';
  return isDefault ? 'repository' : 'file';
}

const SETTINGS_FILE = '.github/preview.yml';

async function presentSettings(ports: Ports, project: StoredProject): Promise<EffectiveSettings> {
  const repo = found(await ports.repos.get(project.repoId), 'repository');
  const { file, commit } = await policyFile(ports, repo);
  const { values, problems } = effectiveSettings({ project, file, defaultBranch: repo.defaultBranch });
  return {
    projectId: project.id,
    version: project.version,
    values: { ...values },
    file: { path: SETTINGS_FILE, exists: file !== null, commit, problems: [...problems] },
  };
}
