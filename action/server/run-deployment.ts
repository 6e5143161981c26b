import type { DeploymentView, ProgressAnswer } from '../../src/contract/deployments.js';
import type { EnvironmentView } from '../../src/contract/environments.js';
import { isVitrineError, messageOf, type VitrineError } from '../../src/shared/errors.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { type Result, resultOf } from '../result/result.js';
import { StageFailure } from '../stages/job.js';
import { isOvertaken } from './connection.js';
import { runStages } from './run-stages.js';
import { type DeploymentInput, jobOf, openSession, type Session } from './session.js';

const FAREWELL_MS = 4_000;

/** From "started" to the end, whatever it is: every way out tells the server. */
export async function runDeployment(input: DeploymentInput): Promise<Result> {
  const session = openSession(input);
  try {
    await runStages({ ...session, job: jobOf(session) });
    return ended(
      session,
      await finish(session, { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] }),
    );
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
};

async function finish(session: Session, outcome: Outcome): Promise<ProgressAnswer> {
  await session.logs.flush();
  const { url } = session.inputs;
  return session.progress.finish({ outcome, ...(url === null ? {} : { url }) });
}

function ended({ progress, journal }: Session, answer: ProgressAnswer): Result {
  const { status, error } = answer.deployment;
  return resultOf({
    status,
    reason: error ?? '',
    ...factsOf(answer, answer.live),
    stages: progress.stages(),
    notes: journal.warnings(),
  });
}

async function fail(session: Session, error: unknown): Promise<Result> {
  const { world, ending, answer, progress, journal } = session;
  const known = { ...factsOf(answer), stages: progress.stages(), notes: journal.warnings() };
  const cause = error instanceof StageFailure ? error.cause : error;
  if (world.stopped.aborted) return cancel(session, known);
  if (ending.signal.aborted || isOvertaken(cause)) {
    return resultOf({
      ...known,
      status: DEPLOYMENT_STATUS.superseded,
      reason: messageOf(ending.signal.reason ?? cause),
    });
  }
  const logTail = [...journal.tail()];
  const reason = session.redact(messageOf(cause));
  const failedStage = error instanceof StageFailure ? error.stage : null;
  const result = resultOf({ ...known, status: DEPLOYMENT_STATUS.failed, reason, failedStage, logTail });
  if (isUnavailable(cause)) return alone(session, { result, error: cause });
  try {
    await finish(session, { status: DEPLOYMENT_STATUS.failed, error: reason.slice(0, 4_000), logTail });
    return result;
  } catch (refusal) {
    if (isOvertaken(refusal))
      return { ...result, status: DEPLOYMENT_STATUS.superseded, reason: refusal.message };
    if (isUnavailable(refusal)) return alone(session, { result, error: refusal });
    return result;
  }
}

/** The server is away for good. A preview that it does not serve can still be reported without it. */
function alone({ inputs }: Session, { result, error }: { result: Result; error: VitrineError }): Result {
  if (inputs.url !== null) throw error;
  return result;
}

function isUnavailable(error: unknown): error is VitrineError {
  return isVitrineError(error) && error.code === 'unavailable';
}

/** The runner leaves a cancelled step a few seconds. */
async function cancel(session: Session, known: Partial<Result>): Promise<Result> {
  const reason = 'The workflow run was cancelled.';
  const policy = {
    what: 'Reporting the cancellation',
    budgetMs: FAREWELL_MS,
    signal: AbortSignal.timeout(FAREWELL_MS),
  };
  const outcome = {
    status: DEPLOYMENT_STATUS.cancelled,
    error: reason,
    logTail: [...session.journal.tail()],
  };
  await session.progress.finish({ outcome }, session.connection.client(policy)).catch((error: unknown) => {
    session.world.print(`The server could not be told of the cancellation: ${messageOf(error)}`);
  });
  return resultOf({ ...known, status: DEPLOYMENT_STATUS.cancelled, reason });
}

type Facts = Pick<
  Result,
  'url' | 'commitUrl' | 'deploymentId' | 'environment' | 'live' | 'expiresAt' | 'sha'
>;

/** What the server says about a deployment, as far as the outputs show it. */
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
