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
import type { Allowance } from './attempt.js';
import { appIsAround, type CheckState, openCheck, writeCheck } from './check.js';
import { markerOf, renderComment, writeComment } from './comment.js';
import type { GitHub } from './connect.js';
import { type DeploymentKey, openDeployment, retireDeployments, writeStatus } from './deployment.js';

interface ReportInput {
  readonly externalId: string;
  readonly key: DeploymentKey;
  readonly comment: boolean;
  /** A locked pull request takes no comment; its preview is none the worse. */
  readonly commenting: Pick<Allowance, 'tryTo'>;
  readonly pullRequest: PullRequest;
  /** The head before this push; null when the event does not tell. */
  readonly previousSha: string | null;
  /** There is no server, so perhaps no App that makes deployment and comment from the check run. */
  readonly alone: boolean;
  readonly url: string;
  readonly logsUrl: string;
}

export interface Report {
  /** Makes the deployment and the comment, where no App does. */
  begin(): Promise<void>;
  close(result: Result, status: DeploymentStatus): Promise<void>;
  /** Ends what there is, after a refusal or a cancellation in the middle: a check run that nobody completes spins for ever. */
  abandon(result: Result, status: DeploymentStatus): Promise<void>;
}

/** Begins the check run. Every part may be repeated. */
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
  const end = (result: Result, status: DeploymentStatus): Promise<void> =>
    writeCheck(github, { id: check.id, state: checkState(input, { result, status }) });
  let deployment: number | null = null;
  const endAlone = async (result: Result, status: DeploymentStatus): Promise<void> => {
    if (deployment !== null) await tellEnd(github, { input, result, status, deployment });
  };
  return {
    begin: async () => {
      if (
        !input.alone ||
        check.appReports ||
        (await appIsAround(github, { number: pullRequest.number, previousSha }))
      )
        return;
      deployment = await openDeployment(github, { sha: pullRequest.sha, key: input.key });
      await tellBegin(github, { input, result: begun, deployment });
    },
    close: async (result, status) => {
      await endAlone(result, status);
      // The check run comes last: once it is completed, everything that it speaks of is there.
      await end(result, status);
    },
    abandon: async (result, status) => {
      await end(result, status);
      await endAlone(result, status);
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
    // The App takes the first line for the reason of a failure.
    summary: result.reason === '' ? details : `${result.reason}\n\n${details}`,
    detailsUrl: url,
  };
}

interface Told {
  readonly input: ReportInput;
  readonly result: Result;
  readonly deployment: number;
}

async function tellBegin(github: GitHub, { input, result, deployment: id }: Told): Promise<void> {
  const { deployment: state, label } = reportWords(DEPLOYMENT_STATUS.running);
  await writeStatus(github, { id, state, description: label, logUrl: input.logsUrl });
  await comment(github, { input, result });
}

async function tellEnd(
  github: GitHub,
  { input, result, status, deployment: id }: Told & { readonly status: DeploymentStatus },
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

/** GitHub's words for how a run stands. The words of the table, except that a step that was stopped leaves nothing behind. */
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
