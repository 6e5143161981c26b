import type { PullRequestFacts } from '../pull-requests/facts.js';
import type { RepositoryPermission } from '../pull-requests/trust.js';
import type { SettingsText } from '../settings/read.js';
import { type ErrorCode, VitrineError } from '../shared/errors.js';
import type { RepoRef } from './model.js';

export interface WorkflowRun {
  readonly id: string;
  readonly attempt: number;
  /** The workflow's display name. */
  readonly name: string;
  /** Its file: `.github/workflows/preview.yml`. */
  readonly workflow: string | null;
  /** Null until the run has ended. */
  readonly conclusion: string | null;
  /** Of its newest attempt, by GitHub's clock; null when GitHub does not say. */
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly url: string | null;
}

/** Which version of the settings file is asked for. */
export interface SettingsQuestion {
  /** Null for the newest commit of the default branch, whatever its name is now. */
  readonly sha: string | null;
  /** Of the version that is known: GitHub then answers `unchanged`, which costs nothing of its rate limit. */
  readonly etag?: string | null | undefined;
  /** There was a file. One answer "not found" does not prove that it is gone: the list of files must show it. */
  readonly expected?: boolean | undefined;
}

export type SettingsAnswer =
  | { readonly kind: 'file'; readonly file: SettingsText; readonly etag: string | null }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unchanged' };

/** What a commit says of itself. */
export interface Commit {
  readonly message: string;
  readonly committedAt: Date | undefined;
}

export interface CommitRange {
  readonly from: string;
  readonly to: string;
}

/** What a folder of a repository holds. */
export interface FolderEntry {
  readonly kind: 'file' | 'dir' | 'symlink' | 'submodule';
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** What the core reads from GitHub. Webhooks are hints that are checked against it. */
export interface GitHub {
  pullRequest(repo: RepoRef, number: number): Promise<PullRequestFacts | null>;
  openPullRequests(repo: RepoRef): Promise<readonly PullRequestFacts[]>;
  /** Undefined when GitHub does not say. */
  commit(repo: RepoRef, sha: string): Promise<Commit | undefined>;
  changedFiles(repo: RepoRef, number: number): Promise<readonly string[] | undefined>;
  /** The files in which a commit differs from an older one; undefined when it does not follow it, or when GitHub does not say all of them. */
  filesBetween(repo: RepoRef, range: CommitRange): Promise<readonly string[] | undefined>;
  /** Undefined when GitHub does not say, or when the login does not belong to the account: callers then refuse. */
  permission(repo: RepoRef, login: string, accountId?: number): Promise<RepositoryPermission | undefined>;
  /** `.github/preview.yml`. */
  settingsFile(repo: RepoRef, question: SettingsQuestion): Promise<SettingsAnswer>;
  /** What a folder of the default branch holds, '' for the topmost one; null when there is no such folder. */
  folder(repo: RepoRef, path: string): Promise<readonly FolderEntry[] | null>;
  /** A file of the default branch; null when there is none, or it is no text. */
  textFile(repo: RepoRef, path: string): Promise<string | null>;
  /** Whose login it is now; null when it is nobody's. */
  account(
    repo: RepoRef,
    login: string,
  ): Promise<{ readonly id: number; readonly login: string; readonly avatarUrl: string | null } | null>;
  /** The page at GitHub on which people install the App. */
  installationPage(): Promise<string>;
  /** The newest commit of a branch. */
  branchHead(repo: RepoRef, branch: string): Promise<string>;
  /** The workflow runs of a commit that a pull request started; undefined when GitHub does not say. */
  workflowRuns(repo: RepoRef, sha: string): Promise<readonly WorkflowRun[] | undefined>;
  /** Runs a workflow run again, with all its jobs. An App that may not write Actions is refused. */
  rerun(repo: RepoRef, runId: string): Promise<void>;
  /** Asks a workflow run to stop; it ends a moment later. Needs the same permission. A run that has ended is `poison`. */
  cancel(repo: RepoRef, runId: string): Promise<void>;
  /** A repository and its installation, or null when the App cannot see it. */
  repository(
    fullName: string,
  ): Promise<{ repo: RepoRef; ownerId: number; defaultBranch: string; private: boolean } | null>;
  /** Whether the installation exists and is not suspended. */
  isAwake(installationId: number): Promise<boolean>;
}

export interface GitHubPorts {
  readonly github: GitHub;
}

/**
 * What a failed call to GitHub means for its caller.
 * `ambiguous`: GitHub may have done it (5xx, timeout, reset): look before creating anything again.
 * `retry`: a limit refused it, and nothing was done: try again after `retryInMs`.
 * `gone`: the object does not exist (404, 410, 451).
 * `poison`: GitHub will never accept this request (400, 409, 422): park it, so that it does not block others.
 * `unauthorized`: the App lacks the permission, or lost it: a person must grant it.
 */
export type FailureKind = 'ambiguous' | 'retry' | 'gone' | 'poison' | 'unauthorized';

const CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  ambiguous: 'bad_gateway',
  retry: 'too_many_requests',
  gone: 'not_found',
  poison: 'unprocessable',
  unauthorized: 'forbidden',
};

/** The only error that the ports `GitHub` and `Reporter` throw for an answer of GitHub, or for none. */
export class GitHubFailure extends VitrineError {
  override name = 'GitHubFailure';
  readonly kind: FailureKind;
  /** The shortest allowed pause; undefined leaves the pause to the caller's own backoff. */
  readonly retryInMs: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    options: { readonly cause?: unknown; readonly retryInMs?: number } = {},
  ) {
    super(CODES[kind], message, { cause: options.cause });
    this.kind = kind;
    this.retryInMs = options.retryInMs;
  }
}

export function isGitHubFailure(error: unknown): error is GitHubFailure {
  return error instanceof GitHubFailure;
}

/** GitHub does not let the App see what it asked for. */
export function hasLostAccess(error: unknown): boolean {
  return isGitHubFailure(error) && (error.kind === 'gone' || error.kind === 'unauthorized');
}
