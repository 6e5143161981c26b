import type { RunRef } from '../domain/deployment.js';
import { CHECK, CONCLUSION, D } from '../domain/lifecycle.js';
import type { DeliveryDecision, Ports, StoredEnvironment } from '../ports.js';
import { changeDeployment } from './change-deployment.js';
import { claimRun } from './claim-run.js';
import { recordProgress } from './record-progress.js';
import type { ExternalId } from '../domain/external-id.js';
import { isVitrineError, type ErrorCode } from '../domain/errors.js';
import { S } from '../domain/lifecycle.js';
import { pullRequestOf } from './pull-request-of.js';
import { reopenSilent } from './reopen-silent.js';
import { logsOf, markSelfReported } from './self-reported.js';

/** A check run that the Action wrote itself, because it has no server or could not reach it. */
export interface ReportedRun {
  readonly repoId: number;
  readonly external: ExternalId & { readonly run: RunRef };
  readonly status: string;
  readonly conclusion: string | null;
  /** Where the preview is. */
  readonly url: string | null;
  readonly summary: string | null;
}

/** Trying again cannot change these; whatever else goes wrong may be over the next time. */
const FINAL: Readonly<Partial<Record<ErrorCode, string>>> = {
  conflict: 'late-report',
  stale_head: 'late-report',
  environment_gone: 'late-report',
  unprocessable: 'report-refused',
};

/** Writes the same documents that a run with a server would have written. */
export async function observeCheckRun(ports: Ports, reported: ReportedRun): Promise<DeliveryDecision> {
  const environment = await environmentOfReport(ports, reported);
  if (!environment) return ignore('no-environment', 'No environment has this commit as its newest.');
  try {
    await takeOver(ports, { environment, reported });
  } catch (error) {
    const rule = isVitrineError(error) ? FINAL[error.code] : undefined;
    if (!isVitrineError(error) || rule === undefined) throw error;
    return ignore(rule, error.message);
  }
  return {
    action: 'update',
    rule: 'reported-by-run',
    detail: 'The workflow run reported by its own check run.',
    environmentIds: [environment.id],
  };
}

function ignore(rule: string, detail: string): DeliveryDecision {
  return { action: 'ignore', rule, detail, environmentIds: [] };
}

async function environmentOfReport(
  ports: Ports,
  { repoId, external }: ReportedRun,
): Promise<StoredEnvironment | null> {
  const number = pullRequestOf(external.environment);
  if (number === null) return null;
  const all = await ports.environments.ofPullRequest(repoId, number);
  const found =
    all.find((environment) => environment.project === external.project) ?? (all.length === 1 ? all[0] : null);
  return found && found.head?.sha === external.sha ? found : null;
}

async function takeOver(
  ports: Ports,
  { environment, reported }: { environment: StoredEnvironment; reported: ReportedRun },
): Promise<void> {
  const { sha, run } = reported.external;
  const ended = reported.status === CHECK.completed;
  if (ended) await reopenSilent(ports, { environment, run });
  await markSelfReported(ports, { environment, run });
  const body = { sha, run, logsUrl: logsOf(environment, run) };
  const claimed = await claimRun(ports, { environment, body });
  await markSelfReported(ports, { environment: claimed.environment, run });
  if (!ended) return;
  const { url } = reported;
  if (url !== null)
    await changeDeployment(ports, { id: claimed.deployment.id, plan: (seen) => (seen.url ? null : { url }) });
  await recordProgress(ports, {
    deploymentId: claimed.deployment.id,
    body: {
      generation: claimed.deployment.generation,
      outcome: { status: outcomeOf(reported.conclusion), error: errorOf(reported), logTail: [] },
    },
  });
}

function outcomeOf(conclusion: string | null) {
  if (conclusion === CONCLUSION.success) return D.success;
  return conclusion === CONCLUSION.cancelled ? D.cancelled : D.failed;
}

function errorOf({ conclusion, summary }: ReportedRun): string | null {
  if (conclusion === CONCLUSION.success) return null;
  return (
    summary
      ?.split('\n')
      .find((line) => line.trim() !== '')
      ?.slice(0, 500) ?? S.failed
  );
}
