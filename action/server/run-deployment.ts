import type { DeploymentView, ProgressAnswer } from '../../src/contract/deployments.js';
import type { EnvironmentView } from '../../src/contract/environments.js';
import { isVitrineError, messageOf, type VitrineError } from '../../src/shared/errors.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { type Result, resultOf } from '../result/result.js';
import { StageFailure } from '../stages/job.js';
import { isSuperseded } from './connection.js';
import type { Link } from './deploy-by-command.js';
import { removeAll } from './removals.js';
import { runStages } from './run-stages.js';
import { type DeploymentInput, jobOf, openSession, type Session } from './session.js';

/** The runner ends a cancelled step after a few seconds. */
const LAST_REPORT_MS = 4_000;

/** Runs the stages of a started deployment, and reports its end to the server in every case. */
export async function runDeployment(input: DeploymentInput): Promise<Result> {
  const session = openSession(input);
  try {
    const link = await runStages({ ...session, job: jobOf(session) });
    const outcome = { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] };
    const answer = await finish(session, { outcome, ...link });
    return await withoutLeftovers(session, { answer, result: resultOfAnswer(session, answer) });
  } catch (error) {
    return await fail(session, error);
  } finally {
    input.ending.abort(new Error('The run is over.'));
  }
}

type Outcome = {
  status:
    typeof DEPLOYMENT_STATUS.success | typeof DEPLOYMENT_STATUS.failed | typeof DEPLOYMENT_STATUS.cancelled;
  error: string | null;
  logTail: string[];
  cause?: { line: string; excerpt: string[]; at: number };
};

async function finish(
  session: Session,
  last: { readonly outcome: Outcome } & Partial<Link>,
): Promise<ProgressAnswer> {
  await session.logs.flush();
  return session.progress.finish(last);
}

/** Removes what this deployment took the place of. The preview is live: a failure waits for the next run and fails nothing. */
async function withoutLeftovers(
  { world, inputs, context, identity, serverUrl, answer: { environment } }: Session,
  { answer, result }: { readonly answer: ProgressAnswer; readonly result: Result },
): Promise<Result> {
  const number = environment.pullRequest?.number;
  if (answer.leftovers === 0 || inputs.destroyCommand === null || number === undefined) return result;
  try {
    const input = { inputs, context, identity, serverUrl, number, closed: false };
    const { failures } = await removeAll(world, input);
    return { ...result, notes: [...result.notes, ...failures.map(stillThere)] };
  } catch (error) {
    return { ...result, notes: [...result.notes, stillThere(messageOf(error))] };
  }
}

function stillThere(reason: string): string {
  return `An earlier deployment is still there: ${reason} The next run tries again.`;
}

function resultOfAnswer({ progress, stageLog, ...session }: Session, answer: ProgressAnswer): Result {
  const bypassToken = session.answer.bypassToken ?? '';
  const { status, error } = answer.deployment;
  return resultOf({
    status,
    reason: error ?? '',
    ...factsOf(answer, answer.live),
    bypassToken,
    stages: progress.stages(),
    notes: stageLog.warnings(),
  });
}

async function fail(session: Session, error: unknown): Promise<Result> {
  const { world, ending, answer, progress, stageLog } = session;
  const bypassToken = answer.bypassToken ?? '';
  const facts = { ...factsOf(answer), bypassToken, stages: progress.stages(), notes: stageLog.warnings() };
  const cause = error instanceof StageFailure ? error.cause : error;
  if (world.stopped.aborted) return cancel(session, facts);
  if (ending.signal.aborted || isSuperseded(cause)) {
    return resultOf({
      ...facts,
      status: DEPLOYMENT_STATUS.superseded,
      reason: messageOf(ending.signal.reason ?? cause),
    });
  }
  const logTail = [...stageLog.tail()];
  const reason = session.redact(messageOf(cause));
  const failedStage = error instanceof StageFailure ? error.stage : null;
  const result = resultOf({
    ...facts,
    status: DEPLOYMENT_STATUS.failed,
    reason,
    failedStage,
    logTail,
    cause: failedStage === null ? null : stageLog.cause(),
  });
  if (isUnavailable(cause)) return withoutReport(session, { result, error: cause });
  try {
    const { url } = session.inputs;
    await finish(session, { outcome: failedOutcome(result), ...(url === null ? {} : { url }) });
    return result;
  } catch (refusal) {
    if (isSuperseded(refusal))
      return { ...result, status: DEPLOYMENT_STATUS.superseded, reason: refusal.message };
    if (isUnavailable(refusal)) return withoutReport(session, { result, error: refusal });
    return result;
  }
}

function failedOutcome({ reason, logTail, cause }: Result): Outcome {
  const found = cause && { cause: { ...cause, excerpt: [...cause.excerpt] } };
  return { status: DEPLOYMENT_STATUS.failed, error: reason.slice(0, 4_000), logTail: [...logTail], ...found };
}

/** The server stays unavailable. Throws for a preview that it does not serve: dispatch then reports it without the server. */
function withoutReport(
  { inputs }: Session,
  { result, error }: { result: Result; error: VitrineError },
): Result {
  if (inputs.url !== null) throw error;
  return result;
}

function isUnavailable(error: unknown): error is VitrineError {
  return isVitrineError(error) && error.code === 'unavailable';
}

async function cancel(session: Session, facts: Partial<Result>): Promise<Result> {
  const reason = 'The workflow run was cancelled.';
  const policy = {
    what: 'Reporting the cancellation',
    budgetMs: LAST_REPORT_MS,
    signal: AbortSignal.timeout(LAST_REPORT_MS),
  };
  const outcome = {
    status: DEPLOYMENT_STATUS.cancelled,
    error: reason,
    logTail: [...session.stageLog.tail()],
  };
  await session.progress.finish({ outcome }, session.connection.client(policy)).catch((error: unknown) => {
    session.world.print(`The cancellation could not be reported to the server: ${messageOf(error)}`);
  });
  return resultOf({ ...facts, status: DEPLOYMENT_STATUS.cancelled, reason });
}

type Facts = Pick<
  Result,
  'url' | 'commitUrl' | 'deploymentId' | 'environment' | 'live' | 'expiresAt' | 'sha'
>;

/** The part of the server's answer that the outputs show. */
export function factsOf(
  { environment, deployment }: { environment: EnvironmentView; deployment: DeploymentView },
  live = environment.currentCommit === deployment.sha,
): Facts {
  return {
    url: deployment.url ?? environment.url,
    commitUrl: deployment.commitUrl ?? '',
    deploymentId: deployment.id,
    environment: environment.name,
    live,
    expiresAt: environment.expiresAt ?? '',
    sha: deployment.sha,
  };
}
