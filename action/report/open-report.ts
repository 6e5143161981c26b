import { D, type DeploymentStatus } from '../../src/domain/lifecycle.js';
import type { PullRequest } from '../context.js';
import { resultOf, type Result } from '../result.js';
import { renderDetails } from '../summary.js';
import { openCheck, writeCheck, type CheckState } from './check.js';
import { renderComment } from './comment-text.js';
import { writeComment } from './comment.js';
import { openDeployment, retireDeployments, writeStatus, type DeploymentKey } from './deployment.js';
import type { GitHub } from './github.js';
import { markerOf } from './marker.js';
import { reportWords } from './report-words.js';

export interface ReportInput {
  readonly externalId: string;
  readonly key: DeploymentKey;
  readonly comment: boolean;
  readonly pullRequest: PullRequest;
  readonly url: string;
  readonly logsUrl: string;
}

export interface Report {
  close(result: Result, status: DeploymentStatus): Promise<void>;
}

/** Begins the check run and, where no App does it, the deployment and the comment. Every part may be repeated. */
export async function openReport(github: GitHub, input: ReportInput): Promise<Report> {
  const { pullRequest, externalId } = input;
  const begun = resultOf({ status: D.running, reason: '', url: input.url, sha: pullRequest.sha });
  const target = { sha: pullRequest.sha, externalId };
  const check = await openCheck(github, {
    target,
    state: checkState(input, { result: begun, status: D.running }),
  });
  const deployment = check.appReports ? null : await beginAlone(github, { input, result: begun });
  return {
    close: async (result, status) => {
      if (deployment !== null) await endAlone(github, { input, result, status, deployment });
      // The check run comes last: once it is completed, everything that it speaks of is there.
      await writeCheck(github, { id: check.id, state: checkState(input, { result, status }) });
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

async function beginAlone(
  github: GitHub,
  { input, result }: { input: ReportInput; result: Result },
): Promise<number> {
  const { key, pullRequest, logsUrl } = input;
  const id = await openDeployment(github, { sha: pullRequest.sha, key });
  const { deployment: state, label } = reportWords(D.running);
  await writeStatus(github, { id, state, description: label, logUrl: logsUrl });
  await comment(github, { input, result });
  return id;
}

async function endAlone(
  github: GitHub,
  {
    input,
    result,
    status,
    deployment,
  }: { input: ReportInput; result: Result; status: DeploymentStatus; deployment: number },
): Promise<void> {
  const { deployment: state, label } = reportWords(status);
  const { key, logsUrl, url } = input;
  await writeStatus(github, {
    id: deployment,
    state,
    description: result.reason || label,
    url,
    logUrl: logsUrl,
  });
  if (status === D.success) await retireDeployments(github, { key, except: deployment, logUrl: logsUrl });
  await comment(github, { input, result });
}

async function comment(
  github: GitHub,
  { input, result }: { input: ReportInput; result: Result },
): Promise<void> {
  if (!input.comment) return;
  const { key, pullRequest, logsUrl } = input;
  const body = renderComment({ project: key.project, result, logsUrl });
  await writeComment(github, { number: pullRequest.number, marker: markerOf(key.project), body });
}
