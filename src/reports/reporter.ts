import type { Situation } from '../deployments/situation.js';
import type { ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { RepoRef } from '../repositories/model.js';
import type {
  CheckConclusion,
  CheckStatus,
  CommitState,
  GitHubDeploymentState,
} from '../shared/status/github.js';

/** The check run `Preview` of one commit. The reporter renders the situation as Markdown. */
export interface CheckReport {
  readonly name: string;
  readonly sha: string;
  /** Identifies environment and commit, so that a check created before a crash is found again. */
  readonly externalId: string;
  readonly status: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly title: string;
  readonly detailsUrl: string | null;
  readonly situation: Situation;
  /** Of every project of the pull request, in the check that speaks for all of them. */
  readonly situations?: readonly Situation[];
}

/** The one comment of a pull request, for all of its projects. */
export interface CommentReport {
  readonly number: number;
  readonly marker: string;
  /** One for each project. */
  readonly situations: readonly Situation[];
  /** Of those that are live and were photographed. */
  readonly pictures?: readonly PictureReport[];
}

/** What a project's preview looks like; with what it looked like before, where something was live before. */
export interface PictureReport {
  readonly project: string;
  readonly pageUrl: string;
  readonly thumbnailUrl: string;
  readonly comparison: {
    readonly sha: string;
    /** How much of the page changed, from 0 to 1. */
    readonly changedShare: number;
    readonly beforeUrl: string;
    readonly beforeThumbnailUrl: string;
    readonly differenceUrl: string | null;
  } | null;
}

export interface DeploymentReport {
  readonly deploymentId: string;
  readonly sha: string;
  /** GitHub's environment name: `preview`, unless the settings ask for one environment for each pull request. */
  readonly githubEnvironment: string;
  readonly state: GitHubDeploymentState;
  readonly description: string;
  readonly url: string | null;
  readonly logUrl: string | null;
}

export interface CommitStatusReport {
  readonly sha: string;
  readonly context: string;
  readonly state: CommitState;
  readonly description: string;
  readonly targetUrl: string | null;
}

/** What GitHub has: the id it gave, null when the outcome is unknown, and the digest of what was sent. */
export interface SentReport {
  readonly id: number | null;
  readonly digest: string;
}

/** The repository to report to. */
export interface Recipient extends RepoRef {
  /** False once another worker holds the claim. Asked right before every write. */
  readonly mayWrite?: () => Promise<boolean>;
}

/** Reports to GitHub. Every method searches before it creates, sends nothing when the digest is unchanged, and may be called twice. */
export interface Reporter {
  check(repo: Recipient, report: CheckReport, last: ReportedCheck | null): Promise<SentReport>;
  comment(repo: Recipient, report: CommentReport, last: SentReport | null): Promise<SentReport>;
  deployment(repo: Recipient, report: DeploymentReport, last: ReportedDeployment | null): Promise<SentReport>;
  commitStatus(repo: Recipient, report: CommitStatusReport, lastDigest: string | null): Promise<string>;
}

export interface ReporterPorts {
  readonly reporter: Reporter;
}
