/** A repository of GitHub. Its id is its identity; names are for display and may change. */
export interface Repo {
  readonly id: number;
  readonly ownerId: number;
  readonly fullName: string;
  /** Null until an event named it: the events of an installation do not. */
  readonly defaultBranch: string | null;
  readonly installationId: number | null;
  readonly private: boolean;
  readonly removedAt: Date | null;
}

/** A repository that an installation of the App can read. */
export type ReachableRepository = Omit<Repo, 'removedAt'> & { readonly installationId: number };

export function isReachable(repo: Repo): repo is Repo & { installationId: number } {
  return repo.installationId !== null && repo.removedAt === null;
}

export interface RepoStore {
  /** Upserts by GitHub id. For a while after an installation lost the repository, what it reports counts as late and is ignored. */
  save(repo: Omit<Repo, 'removedAt'>): Promise<Repo>;
  /** An installation was given the repository, or was resumed: this is saved even right after a loss. */
  enter(repo: Omit<Repo, 'removedAt'>): Promise<Repo>;
  get(id: number): Promise<Repo | null>;
  byFullName(fullName: string): Promise<Repo | null>;
  ofInstallation(installationId: number): Promise<readonly Repo[]>;
  /** The repositories that this installation lost and that no other installation has now. */
  removedFrom(installationId: number): Promise<readonly Repo[]>;
  all(): Promise<readonly Repo[]>;
  /** Records that the App can no longer see it. The caller destroys its environments. */
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
