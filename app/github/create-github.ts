import { z } from 'zod';
import type { Desired } from '../../src/reports/desired.js';
import type { CheckReport, CommentReport, Reporter } from '../../src/reports/reporter.js';
import type { GitHub } from '../../src/repositories/github.js';
import type { RepoRef } from '../../src/repositories/model.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import { loadTemplates } from '../render.js';
import { askAsApp, type Caller } from './client/call.js';
import { createAppJwt, createRawRequest, type RawRequest } from './client/octokit.js';
import { createPace, type Pace } from './client/pacing.js';
import { createTokens, type TokenRequest } from './client/tokens.js';
import { readAccount, readFolder, readInstallationPage, readTextFile } from './read/files.js';
import {
  listChangedFiles,
  listFilesBetween,
  listOpenPullRequests,
  readCommit,
  readPermission,
  readPullRequest,
} from './read/pull-requests.js';
import { findRepository, isAwake } from './read/repository.js';
import { readBranchHead, readSettingsFile } from './read/settings-file.js';
import { cancelWorkflowRun, listWorkflowRuns, rerunWorkflow } from './read/workflow-runs.js';
import { type CheckText, createRenderCheck } from './report/check-text.js';
import { createReportCheck } from './report/check.js';
import { createRenderComment } from './report/comment-text.js';
import { createReportComment } from './report/comment.js';
import { createReportCommitStatus, createReportDeployment } from './report/deployment.js';

export interface GitHubOptions {
  readonly auth: { readonly appId: number; readonly privateKey: string };
  /** `https://api.github.com`, or that of a GitHub Enterprise Server. */
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly views: Views;
  /** Of one call; 10 s by default. */
  readonly timeoutMs?: number;
  readonly readPausesMs?: readonly number[];
  /** Limits the rate of requests; within GitHub's limits by default. */
  readonly pace?: Pace;
}

export interface GitHubSide {
  readonly github: GitHub;
  readonly reporter: Reporter;
  /** Fetches the token for a report that will follow, while the report is still being computed. */
  prepareReport(repo: Pick<RepoRef, 'installationId' | 'repoId'>): void;
  /** Drops the tokens of an installation that was removed or suspended. */
  forgetInstallation(installationId: number): void;
  /** Renders reports and signs as the App, and sends nothing: the first report need not wait for templates to be compiled. */
  rehearse(reports: Pick<Desired, 'checks' | 'comment'>): Promise<void>;
}

interface App {
  readonly request: RawRequest;
  readonly appJwt: () => Promise<string>;
  readonly caller: Caller;
}

const TIMEOUT_MS = 10_000;

const READ_PAUSES_MS = [300, 1_200];

/** All requests of one App to GitHub. */
export function createGitHub(options: GitHubOptions): GitHubSide {
  const { auth, clock, timeoutMs = TIMEOUT_MS, readPausesMs = READ_PAUSES_MS } = options;
  const request = createRawRequest(options);
  const appJwt = createAppJwt({ ...auth, clock });
  const tokens = createTokens({ request, appJwt, clock, timeoutMs });
  const caller: Caller = {
    request,
    tokens,
    pace: options.pace ?? createPace(clock),
    clock,
    timeoutMs,
    readPausesMs,
  };
  const app = { request, appJwt, caller };
  return {
    github: createReads(app, options.log),
    reporter: createReporter(app, options),
    prepareReport: (repo) => void tokens.get(reportToken(repo)).catch(() => undefined),
    forgetInstallation: tokens.forget,
    async rehearse({ checks, comment }) {
      for (const { report } of checks) options.views.check(report);
      if (comment) options.views.comment(comment);
      await appJwt();
    },
  };
}

/** The same token that report calls request. */
function reportToken({ installationId, repoId }: Pick<RepoRef, 'installationId' | 'repoId'>): TokenRequest {
  return { installationId, repository: { id: repoId }, purpose: 'report' };
}

function createReads(app: App, log: Log): GitHub {
  const { caller } = app;
  const sharing = createSharing();
  return {
    pullRequest: (repo, number) => readPullRequest(caller, { repo, number }),
    openPullRequests: (repo) => listOpenPullRequests(caller, { repo, log }),
    commit: (repo, sha) => readCommit(caller, { repo, sha }),
    changedFiles: (repo, number) => listChangedFiles(caller, { repo, number }),
    filesBetween: (repo, range) => listFilesBetween(caller, { repo, range }),
    permission: (repo, login, accountId) =>
      sharing(`permission ${repo.repoId} ${login} ${accountId ?? ''}`, () =>
        readPermission(caller, { repo, login, accountId }),
      ),
    settingsFile(repo, question) {
      const read = () => readSettingsFile(caller, { repo, question });
      // Who knows a version already may have heard of a newer one since another caller asked.
      const isFirst = question.sha === null && !question.etag && question.expected !== true;
      return isFirst ? sharing(`settings ${repo.repoId}`, read) : read();
    },
    folder: (repo, path) => readFolder(caller, { repo, path }),
    textFile: (repo, path) => readTextFile(caller, { repo, path }),
    account: (repo, login) => readAccount(caller, { repo, login }),
    installationPage: createOnce(() => readInstallationPage(app)),
    branchHead: (repo, branch) => readBranchHead(caller, { repo, branch }),
    workflowRuns: (repo, sha) => listWorkflowRuns(caller, { repo, sha }),
    rerun: (repo, runId) => rerunWorkflow(caller, { repo, runId }),
    cancel: (repo, runId) => cancelWorkflowRun(caller, { repo, runId }),
    repository: (fullName) => findRepository(app, fullName),
    isAwake: (installationId) => isAwake(app, installationId),
  };
}

/** What hardly ever changes is asked for once; a failure is no answer. */
function createOnce<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: T | undefined;
  return async () => (known ??= await ask());
}

/** Of several pull requests that arrive together in a new repository, the first asks, and the others wait for the same answer. */
function createSharing() {
  const asked = new Map<string, Promise<unknown>>();
  return <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    const same = asked.get(question) as Promise<T> | undefined;
    if (same) return same;
    const answer = ask().finally(() => asked.delete(question));
    asked.set(question, answer);
    return answer;
  };
}

function createReporter(app: App, { auth: { appId }, views }: GitHubOptions): Reporter {
  const { caller } = app;
  return {
    check: createReportCheck({ caller, appId, render: views.check }),
    comment: createReportComment({ caller, appId, render: views.comment, botLogin: createBotLogin(app) }),
    deployment: createReportDeployment(caller),
    commitStatus: createReportCommitStatus(caller),
  };
}

const AppAnswer = z.object({ slug: z.string().min(1) });

/** Requested once: after a rename of the App, its old comments are found by their ids. */
function createBotLogin(app: App): () => Promise<string> {
  let login: string | undefined;
  return async () => {
    login ??= `${(await askAsApp(app, { route: 'GET /app', schema: AppAnswer })).slug}[bot]`;
    return login;
  };
}

/** Renders reports as Markdown. */
interface Views {
  check(report: CheckReport): CheckText;
  comment(report: CommentReport): string;
}

/** Reads the templates once. `directory` replaces the templates of this repository. */
export function createViews(directory?: string): Views {
  const load = loadTemplates(directory);
  return { check: createRenderCheck(load), comment: createRenderComment(load) };
}
