import type { Page, PageRequest, Versioned } from '../shared/pages.js';
import type { KeptProjectSettings } from './settings.js';

/** What a team deploys from a repository. A repository can hold several. */
export interface Project {
  readonly id: string;
  readonly repoId: number;
  readonly name: string;
  /** Part of every host name of the project: unique on this server, never changes. */
  readonly slug: string;
  /** Nothing is deployed for an inactive project. */
  readonly active: boolean;
  /** True for the project of a repository whose settings name no projects. It stays when the repository is renamed. */
  readonly isDefault: boolean;
  /** A person added it: it is there whether or not the settings file names it. */
  readonly isAdded: boolean;
  /** Counts where `.github/preview.yml` says nothing. */
  readonly settings: KeptProjectSettings;
  /** Set when it is being deleted: its environments are removed, and then all that belongs to it. */
  readonly deletingAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type StoredProject = Versioned<Project>;

export interface NewProject {
  readonly repoId: number;
  readonly name: string;
  readonly slug: string;
  readonly fallbackSlug: string;
  readonly isDefault?: boolean;
  readonly isAdded?: boolean;
  readonly active?: boolean;
  readonly settings?: KeptProjectSettings;
}

export type ProjectPatch = Partial<Pick<Project, 'name' | 'active' | 'isAdded' | 'settings' | 'deletingAt'>>;

export interface ProjectFilter {
  readonly repoId?: number | undefined;
  /** Only these: what the caller may see. */
  readonly ids?: readonly string[] | undefined;
}

export interface ProjectStore {
  /** Inserts unless (repo, name) is there. If `slug` is taken, the store appends `fallback`. */
  ensure(fresh: NewProject): Promise<StoredProject>;
  /** Like `ensure`, and null when (repo, name) is there. */
  create(fresh: NewProject): Promise<StoredProject | null>;
  get(id: string): Promise<StoredProject | null>;
  ofRepo(repoId: number): Promise<readonly StoredProject[]>;
  /** Newest first. */
  list(filter: ProjectFilter, page: PageRequest): Promise<Page<StoredProject>>;
  /**
   * Compare-and-set on the version of `seen`; null when another writer was first. Throws `conflict` when another project of the
   * repository has the new name.
   */
  change(seen: StoredProject, patch: ProjectPatch): Promise<StoredProject | null>;
  /** Those whose deletion has begun and not ended. */
  deleting(limit: number): Promise<readonly StoredProject[]>;
  /** The ids of all projects of these repositories. */
  idsOfRepos(repoIds: readonly number[]): Promise<readonly string[]>;
  delete(id: string): Promise<void>;
}

export interface ProjectPorts {
  readonly projects: ProjectStore;
}

/** One that deployments may be made for. */
export function isKept({ deletingAt }: Pick<Project, 'deletingAt'>): boolean {
  return deletingAt === null;
}
