import type { RepositoryPermission } from '../pull-requests/trust.js';
import type { SettingsText } from '../settings/read.js';
import type { Page, PageRequest } from '../shared/pages.js';

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
  readonly kept?: Kept | undefined;
  /** Grows with every `forget`, so that an answer which was asked for before is not kept after it. */
  readonly epoch?: number | undefined;
  /** A person deleted the project that a repository has by itself: it gets no other unless a person or the settings file names one. */
  readonly withoutDefault?: boolean | undefined;
  /** The App lost it: from then on, all that is stored for it is deleted, unless the App gets it back before. */
  readonly deleteAfter?: Date | null | undefined;
}

/** What GitHub said of a repository, kept with it so that a decision need not ask again. Losing it costs a question and nothing else. */
export interface Kept {
  readonly policy?: KeptPolicy | undefined;
  readonly permissions?: readonly KeptPermission[] | undefined;
  /** Newest last: commits that were pushed with a skip word, because a pull request event does not hold the message. */
  readonly skipped?: readonly CommitMessage[] | undefined;
}

/** `.github/preview.yml` of the default branch. A file at a commit never changes, so it holds until a newer commit is heard of. */
export interface KeptPolicy {
  /** The commit it is from; null when GitHub was asked for the newest one without naming it. */
  readonly sha: string | null;
  /** Null when the branch has none. */
  readonly file: SettingsText | null;
  readonly etag: string | null;
  /** There is none, as one answer says and no list of files has shown yet. */
  readonly unproven?: true | undefined;
  /** A newer commit was heard of: ask GitHub before the next decision. */
  readonly stale: boolean;
}

export interface KeptPermission {
  /** In lower case, as GitHub compares names. */
  readonly login: string;
  readonly level: RepositoryPermission;
  readonly at: Date;
  /** The account that had the login then, where it was compared. */
  readonly accountId?: number;
}

export interface CommitMessage {
  readonly sha: string;
  readonly message: string;
}

/** The fields that GitHub's events and answers tell. */
export type SeenRepo = Omit<Repo, 'removedAt' | 'kept' | 'epoch' | 'withoutDefault' | 'deleteAfter'>;

/** A repository that an installation of the App can read. */
export type ReachableRepository = SeenRepo & { readonly installationId: number };

export function isReachable(repo: Repo): repo is Repo & { installationId: number } {
  return repo.installationId !== null && repo.removedAt === null;
}

export interface RepoStore {
  /** Upserts by GitHub id. For a while after an installation lost the repository, what it reports counts as late and is ignored. */
  save(repo: SeenRepo): Promise<Repo>;
  /** An installation was given the repository, or was resumed: this is saved even right after a loss. */
  enter(repo: SeenRepo): Promise<Repo>;
  get(id: number): Promise<Repo | null>;
  byFullName(fullName: string): Promise<Repo | null>;
  ofInstallation(installationId: number): Promise<readonly Repo[]>;
  /** The repositories that this installation lost and that no other installation has now. */
  removedFrom(installationId: number): Promise<readonly Repo[]>;
  all(): Promise<readonly Repo[]>;
  /** Keeps an answer of GitHub, unless its kind was forgotten since `seen` was read. */
  keep(seen: Pick<Repo, 'id' | 'epoch'>, answers: Kept): Promise<void>;
  /** The policy may have changed: it is marked as stale. Returns the repository as it is then; null when it is not known. */
  doubtPolicy(id: number): Promise<Repo | null>;
  /** Permissions may have changed, in one repository or in all of an installation. */
  forgetPermissions(where: { readonly id: number } | { readonly installationId: number }): Promise<void>;
  /** Records that the App can no longer see it, and when what is stored for it may go. The caller destroys its environments. */
  remove(id: number, deleteAfter?: Date | null): Promise<void>;
  /** Whether it has a project by itself. */
  setWithoutDefault(id: number, value: boolean): Promise<void>;
  /** Those that the App lost and whose `deleteAfter` has passed, the first one first. */
  toDelete(now: Date, limit: number): Promise<readonly Repo[]>;
  /** Deletes it, unless the App got it back. */
  delete(id: number): Promise<void>;
  /** By id, the highest first. Without `ids`, all that the App has ever seen. */
  list(filter: { readonly ids?: readonly number[] | undefined }, page: PageRequest): Promise<Page<Repo>>;
}

export interface RepositoryPorts {
  readonly repos: RepoStore;
}

export interface RepoRef {
  readonly installationId: number;
  readonly repoId: number;
  readonly fullName: string;
}
