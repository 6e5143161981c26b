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

/** One that the App can ask GitHub about. */
export type ReachableRepository = Omit<Repo, 'removedAt'> & { readonly installationId: number };

export function isReachable(repo: Repo): repo is Repo & { installationId: number } {
  return repo.installationId !== null && repo.removedAt === null;
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
  removedFrom(installationId: number): Promise<readonly Repo[]>;
  all(): Promise<readonly Repo[]>;
  /** The App can no longer see it: tokens are dropped, environments are destroyed by the caller. */
  remove(id: number): Promise<void>;
}

export interface RepositoryPorts {
  readonly repos: RepoStore;
}

export interface RepoRef {
  readonly installationId: number;
  readonly repoId: number;
  readonly fullName: string;
}
