import type { StageBody } from '../../src/contract/deployments.js';
import { environmentNameFor } from '../../src/shared/preview-url.js';
import { formatExternalId } from '../../src/shared/run-ref.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS, type DeploymentStatus } from '../../src/shared/status/words.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { resultOf, type Result } from '../result/result.js';
import { command, inert } from '../runner/commands.js';
import type { Context, PullRequest } from '../runner/context.js';
import { verify } from '../stages/verify.js';
import { optionalPart, withRetries } from './attempt.js';
import type { GitHub } from './connect.js';
import { openReport, type Report } from './open-report.js';
import { messageOf } from '../../src/shared/errors.js';

interface ReportInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly pullRequest: PullRequest;
  readonly github: GitHub;
  readonly url: string;
}

/** The runner ends a cancelled step after a few seconds. */
const LAST_REPORT_MS = 4_000;
const WHAT = 'Reporting to GitHub';
const COMMENT = {
  what: 'the comment',
  remedy: 'Give the job "permissions: { pull-requests: write }", or set the input "comment" to "false".',
};
const CANCELLED: Ended = { status: DEPLOYMENT_STATUS.cancelled, reason: 'The workflow run was cancelled.' };

/** Checks and reports a preview that an earlier step deployed. This run writes to GitHub itself. */
export async function runWithoutServer(world: World, input: ReportInput): Promise<Result> {
  const { inputs, context, pullRequest, url, github } = input;
  const environment = environmentNameFor({ pullRequest: pullRequest.number });
  const project = inputs.project ?? context.repo;
  const { sha } = pullRequest;
  const commenting = optionalPart(world, COMMENT);
  const report = await withRetries(world, {
    what: WHAT,
    signal: world.stopped,
    step: () =>
      openReport(github, {
        externalId: formatExternalId({ environment, project, sha, run: context.run }),
        key: { preview: environment, project },
        comment: inputs.comment,
        commenting,
        pullRequest,
        previousSha: context.previousSha,
        withoutServer: inputs.serverUrl === null,
        url,
        logsUrl: context.logsUrl,
      }),
  });
  const facts = { url, environment, sha, notes: commenting.notes };
  try {
    await withRetries(world, { what: WHAT, signal: world.stopped, step: report.begin });
    const { ended, stage } = await visit(world, { inputs, url });
    const live = ended.status === DEPLOYMENT_STATUS.success;
    const failedStage = live ? null : stage.name;
    const result = resultOf({ ...facts, ...ended, live, stages: [stage], failedStage });
    await sendEnd(world, () => report.close(result, ended.status));
    return result;
  } catch (error) {
    await abandon(world, { report, facts, error });
    throw error;
  }
}

interface Ended {
  readonly status: DeploymentStatus;
  readonly reason: string;
}

interface Visited {
  readonly ended: Ended;
  readonly stage: StageBody;
}

async function visit(world: World, { inputs, url }: { inputs: Inputs; url: string }): Promise<Visited> {
  const startedAt = world.now().toISOString();
  world.print(command('group', 'Verifying'));
  const ended = await reach(world, { inputs, url });
  world.print(command('endgroup'));
  const status = ended.status === DEPLOYMENT_STATUS.success ? STAGE_STATUS.completed : STAGE_STATUS.failed;
  const completedAt = world.now().toISOString();
  return { ended, stage: { name: 'verifying', status, startedAt, completedAt, error: null } };
}

async function reach(world: World, { inputs, url }: { inputs: Inputs; url: string }): Promise<Ended> {
  const { waitTimeoutMs: budgetMs, healthPath, healthTimeoutMs, healthStatus } = inputs;
  const check = {
    healthPath: healthPath ?? '/',
    healthTimeoutMs: healthTimeoutMs ?? undefined,
    healthStatus: healthStatus ?? undefined,
  };
  try {
    const page = { url, check, bypassToken: null };
    await verify(world, { ...page, budgetMs, log: world.print, signal: world.stopped });
    return { status: DEPLOYMENT_STATUS.success, reason: '' };
  } catch (error) {
    return world.stopped.aborted ? CANCELLED : { status: DEPLOYMENT_STATUS.failed, reason: messageOf(error) };
  }
}

interface FailedReport {
  readonly report: Report;
  readonly facts: Partial<Result>;
  readonly error: unknown;
}

/** Completes the parts of a report that failed in the middle, as far as GitHub accepts it. */
async function abandon(world: World, { report, facts, error }: FailedReport): Promise<void> {
  const ended = world.stopped.aborted
    ? CANCELLED
    : { status: DEPLOYMENT_STATUS.failed, reason: messageOf(error) };
  const result = resultOf({ ...facts, ...ended });
  const signal = AbortSignal.timeout(LAST_REPORT_MS);
  const step = () => report.abandon(result, ended.status);
  await withRetries(world, { what: WHAT, signal, step }).catch((refusal: unknown) => {
    world.print(inert(`The report could not be completed: ${messageOf(refusal)}`));
  });
}

async function sendEnd(world: World, step: () => Promise<void>): Promise<void> {
  // The signal of a cancelled run is aborted already, so the last report gets its own.
  const signal = world.stopped.aborted ? AbortSignal.timeout(LAST_REPORT_MS) : world.stopped;
  await withRetries(world, { what: WHAT, signal, step });
}
