/** What a team deploys from a repository. A repository can hold several. */
export interface Project {
  readonly id: string;
  readonly repoId: number;
  readonly name: string;
  /** Part of every host name of the project: unique on this server, never changes. */
  readonly slug: string;
  readonly active: boolean;
  /** Stands for the whole repository, where the settings name no projects: it stays when the repository is renamed. */
  readonly isDefault: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A repository as GitHub knows it. The id is the identity; the names are display and change. */
export interface Repo {
  readonly id: number;
  readonly ownerId: number;
  readonly fullName: string;
  /** Null until GitHub told it: the events of an installation do not. */
  readonly defaultBranch: string | null;
  readonly installationId: number | null;
  readonly private: boolean;
  readonly removedAt: Date | null;
}

export interface RepoStore {
  /** Upserts by GitHub id. What the installation that just lost it says is taken for late; after a while it is believed again. */
  save(repo: Omit<Repo, 'removedAt'>): Promise<Repo>;
  /** An installation was given the repository, or is awake again: believed at once. */
  enter(repo: Omit<Repo, 'removedAt'>): Promise<Repo>;
  get(id: number): Promise<Repo | null>;
  byFullName(fullName: string): Promise<Repo | null>;
  ofInstallation(installationId: number): Promise<readonly Repo[]>;
  /** Those that this installation had when it lost them, and that nobody has since. */
  lostBy(installationId: number): Promise<readonly Repo[]>;
  all(): Promise<readonly Repo[]>;
  /** The App can no longer see it: tokens are dropped, environments are destroyed by the caller. */
  remove(id: number): Promise<void>;
}

export interface ProjectStore {
  /** Inserts unless (repo, name) is there. `slug` is the wish; on a clash the store appends `fallback`. */
  ensure(fresh: {
    repoId: number;
    name: string;
    slug: string;
    fallbackSlug: string;
    isDefault?: boolean;
  }): Promise<Project>;
  get(id: string): Promise<Project | null>;
  ofRepo(repoId: number): Promise<readonly Project[]>;
  delete(id: string): Promise<void>;
}

export interface ProjectPorts {
  readonly projects: ProjectStore;
}

export interface RepositoryPorts {
  readonly repos: RepoStore;
}
