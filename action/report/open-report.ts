import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import {
  CHECK,
  type CheckConclusion,
  type CheckStatus,
  CONCLUSION,
  DEPLOYMENT_STATE,
  type GitHubDeploymentState,
} from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, type DeploymentStatus } from '../../src/shared/status/words.js';
import { type Result, resultOf } from '../result/result.js';
import { renderDetails } from '../result/summary.js';
import type { PullRequest } from '../runner/context.js';
import type { OptionalPart } from './attempt.js';
import { appReportsHere, type CheckState, openCheck, writeCheck } from './check.js';
import { markerOf, renderComment, writeComment } from './comment.js';
import type { GitHub } from './connect.js';
import { type DeploymentKey, openDeployment, retireDeployments, writeStatus } from './deployment.js';

interface ReportInput {
  readonly externalId: string;
  readonly key: DeploymentKey;
  readonly comment: boolean;
  /** GitHub refuses a comment on a locked pull request; the report then goes on without it. */
  readonly commenting: Pick<OptionalPart, 'tryTo'>;
  readonly pullRequest: PullRequest;
  /** The head before this push; null when the event does not contain it. */
  readonly previousSha: string | null;
  /** Without a server there may be no App that creates deployment and comment. */
  readonly withoutServer: boolean;
  readonly url: string;
  readonly logsUrl: string;
}

export interface Report {
  /** Creates the deployment and the comment, unless the App does. */
  begin(): Promise<void>;
  close(result: Result, status: DeploymentStatus): Promise<void>;
  /** Completes the existing parts after a failure or a cancellation; a check run that is not completed stays in progress. */
  abandon(result: Result, status: DeploymentStatus): Promise<void>;
}

/** Creates the check run. Every step can be repeated. */
export async function openReport(github: GitHub, input: ReportInput): Promise<Report> {
  const { pullRequest, externalId, previousSha } = input;
  const begun = resultOf({
    status: DEPLOYMENT_STATUS.running,
    reason: '',
    url: input.url,
    sha: pullRequest.sha,
  });
  const target = { sha: pullRequest.sha, externalId };
  const check = await openCheck(github, {
    target,
    state: checkState(input, { result: begun, status: DEPLOYMENT_STATUS.running }),
  });
  const completeCheck = (result: Result, status: DeploymentStatus): Promise<void> =>
    writeCheck(github, { id: check.id, state: checkState(input, { result, status }) });
  let deployment: number | null = null;
  const endDeployment = async (result: Result, status: DeploymentStatus): Promise<void> => {
    if (deployment !== null) await reportEnd(github, { input, result, status, deployment });
  };
  return {
    begin: async () => {
      if (
        !input.withoutServer ||
        check.appReports ||
        (await appReportsHere(github, { number: pullRequest.number, previousSha }))
      )
        return;
      deployment = await openDeployment(github, { sha: pullRequest.sha, key: input.key });
      await reportBegin(github, { input, result: begun, deployment });
    },
    close: async (result, status) => {
      await endDeployment(result, status);
      // The check run comes last: when it is completed, deployment and comment are there.
      await completeCheck(result, status);
    },
    abandon: async (result, status) => {
      await completeCheck(result, status);
      await endDeployment(result, status);
    },
  };
}

function checkState(
  { url, logsUrl }: ReportInput,
  { result, status }: { result: Result; status: DeploymentStatus },
): CheckState {
  const words = reportWords(status);
  const details = renderDetails(result, logsUrl);
  return {
    status: words.check,
    conclusion: words.conclusion,
    title: words.label,
    // The App reads the reason of a failure from the first line.
    summary: result.reason === '' ? details : `${result.reason}\n\n${details}`,
    detailsUrl: url,
  };
}

interface DeploymentReport {
  readonly input: ReportInput;
  readonly result: Result;
  readonly deployment: number;
}

async function reportBegin(
  github: GitHub,
  { input, result, deployment: id }: DeploymentReport,
): Promise<void> {
  const { deployment: state, label } = reportWords(DEPLOYMENT_STATUS.running);
  await writeStatus(github, { id, state, description: label, logUrl: input.logsUrl });
  await comment(github, { input, result });
}

async function reportEnd(
  github: GitHub,
  { input, result, status, deployment: id }: DeploymentReport & { readonly status: DeploymentStatus },
): Promise<void> {
  const { deployment: state, label } = reportWords(status);
  const { key, logsUrl, url } = input;
  await writeStatus(github, { id, state, description: result.reason || label, url, logUrl: logsUrl });
  if (status === DEPLOYMENT_STATUS.success)
    await retireDeployments(github, { key, except: id, logUrl: logsUrl });
  await comment(github, { input, result });
}

async function comment(
  github: GitHub,
  { input, result }: { input: ReportInput; result: Result },
): Promise<void> {
  if (!input.comment) return;
  const { key, pullRequest, logsUrl } = input;
  const body = renderComment({ project: key.project, result, logsUrl });
  await input.commenting.tryTo(() =>
    writeComment(github, { number: pullRequest.number, marker: markerOf(key.project), body }),
  );
}

interface ReportWords {
  readonly check: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly deployment: GitHubDeploymentState;
  readonly label: string;
}

/** GitHub's words for the status of a run, from the table of statuses. A status without a conclusion is neutral. */
function reportWords(status: DeploymentStatus): ReportWords {
  const { github, text } = DEPLOYMENT[status];
  const label = `${text.emoji} ${text.label}`;
  if (status === DEPLOYMENT_STATUS.running) {
    return { check: CHECK.inProgress, conclusion: null, deployment: DEPLOYMENT_STATE.inProgress, label };
  }
  return {
    check: github.check,
    conclusion: github.conclusion ?? CONCLUSION.neutral,
    deployment: github.deployment,
    label,
  };
}
