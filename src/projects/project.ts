/** What a team deploys from a repository. A repository can hold several. */
export interface Project {
  readonly id: string;
  readonly repoId: number;
  readonly name: string;
  /** Part of every host name of the project: unique on this server, never changes. */
  readonly slug: string;
  readonly active: boolean;
  /** True for the project of a repository whose settings name no projects. It stays when the repository is renamed. */
  readonly isDefault: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ProjectStore {
  /** Inserts unless (repo, name) is there. If `slug` is taken, the store appends `fallback`. */
  ensure(fresh: {
    repoId: number;
    name: string;
    slug: string;
    fallbackSlug: string;
    isDefault?: boolean;
  }): Promise<Project>;
  get(id: string): Promise<Project | null>;
  ofRepo(repoId: number): Promise<readonly Project[]>;
  /** The ids of all projects of these repositories. */
  idsOfRepos(repoIds: readonly number[]): Promise<readonly string[]>;
  delete(id: string): Promise<void>;
}

export interface ProjectPorts {
  readonly projects: ProjectStore;
}
