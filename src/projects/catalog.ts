import type { Project, Repo, User } from './project.js';

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

export interface UserStore {
  saveFromGitHub(user: Omit<User, 'active'>): Promise<User>;
  byGitHubId(githubId: number): Promise<User | null>;
}

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  readonly at: Date;
}

export interface AuditLog {
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
}
