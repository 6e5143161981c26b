import type { Deployment } from '../deployments/model.js';
import type { Environment, ReportedCheck, ReportedDeployment } from '../environments/model.js';
import type { Decision } from '../pull-requests/decide/decision.js';
import type { RepoRef } from '../repositories/model.js';
import type {
  CheckConclusion,
  CheckStatus,
  CommitState,
  GitHubDeploymentState,
} from '../shared/status/github.js';

/** What the check run `Preview` of one commit says. Rendering it into Markdown is the view's work. */
export interface CheckReport {
  readonly name: string;
  readonly sha: string;
  /** Names environment and commit, so that a check made before a crash is found again. */
  readonly externalId: string;
  readonly status: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly title: string;
  readonly detailsUrl: string | null;
  readonly decision: Decision | null;
  readonly environment: Environment;
  readonly deployment: Deployment | null;
}

export interface CommentRow {
  readonly environment: Environment;
  /** The deployment of the head, null before there is one. */
  readonly deployment: Deployment | null;
}

/** The one comment of a pull request, for all of its projects. */
export interface CommentReport {
  readonly number: number;
  readonly marker: string;
  readonly rows: readonly CommentRow[];
}

export interface DeploymentReport {
  readonly deploymentId: string;
  readonly sha: string;
  /** GitHub's environment name: `preview` for all, unless the settings ask for one a pull request. */
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

export interface ReporterPorts {
  readonly reporter: Reporter;
}
