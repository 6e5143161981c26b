import type { CheckReport, CommentReport, CommitStatusReport, DeploymentReport } from '../domain/report.js';
import type { ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { PullRequestFacts } from '../pull-requests/facts.js';
import type { RepositoryPermission } from '../pull-requests/trust.js';
import type { SettingsText } from '../settings/read.js';

export interface RepoRef {
  readonly installationId: number;
  readonly repoId: number;
  readonly fullName: string;
}

export interface WorkflowRun {
  readonly id: string;
  readonly attempt: number;
  /** As people know the workflow. */
  readonly name: string;
  /** Its file: `.github/workflows/preview.yml`. */
  readonly workflow: string | null;
  /** Null as long as it has not ended. */
  readonly conclusion: string | null;
  /** Of its newest attempt, by GitHub's clock; null when GitHub does not say. */
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly url: string | null;
}

/** What the core reads from GitHub. Webhooks are hints; this is what they are checked against. */
export interface GitHub {
  pullRequest(repo: RepoRef, number: number): Promise<PullRequestFacts | null>;
  openPullRequests(repo: RepoRef): Promise<readonly PullRequestFacts[]>;
  /** Of a commit; undefined when GitHub does not say. */
  commitMessage(repo: RepoRef, sha: string): Promise<string | undefined>;
  changedFiles(repo: RepoRef, number: number): Promise<readonly string[] | undefined>;
  /** Undefined when GitHub does not say: callers fail closed. */
  permission(repo: RepoRef, login: string): Promise<RepositoryPermission | undefined>;
  /** `.github/preview.yml` of a commit, or of the default branch when none is named; undefined when there is none. */
  settingsFile(repo: RepoRef, sha: string | null): Promise<SettingsText | undefined>;
  /** The workflow runs of a commit that a pull request started; undefined when GitHub does not say. */
  workflowRuns(repo: RepoRef, sha: string): Promise<readonly WorkflowRun[] | undefined>;
  /** The installation and facts of a repository the App can see, or null. */
  repository(
    fullName: string,
  ): Promise<{ repo: RepoRef; ownerId: number; defaultBranch: string; private: boolean } | null>;
  /** Whether the App is installed there, and not suspended. */
  isAwake(installationId: number): Promise<boolean>;
}

export interface Told {
  readonly id: number | null;
  readonly digest: string;
}

/** Where to tell, and by what right: asked right before anything is written there. */
export interface Recipient extends RepoRef {
  readonly mayTell?: () => Promise<boolean>;
}

/** Tells GitHub. Every method looks before it creates, sends nothing when the digest is unchanged, and may be called twice. */
export interface Reporter {
  check(repo: Recipient, report: CheckReport, last: ReportedCheck | null): Promise<Told>;
  comment(repo: Recipient, report: CommentReport, last: Told | null): Promise<Told>;
  deployment(repo: Recipient, report: DeploymentReport, last: ReportedDeployment | null): Promise<Told>;
  commitStatus(repo: Recipient, report: CommitStatusReport, lastDigest: string | null): Promise<string>;
}

export interface GitHubPorts {
  readonly github: GitHub;
}

export interface ReporterPorts {
  readonly reporter: Reporter;
}
