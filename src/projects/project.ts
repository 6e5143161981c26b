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

/** A person, synced from webhooks. */
export interface User {
  readonly githubId: number;
  readonly login: string;
  readonly email: string | null;
  readonly avatarUrl: string | null;
  readonly active: boolean;
}
