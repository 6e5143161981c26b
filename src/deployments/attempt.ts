import type { Environment } from '../environments/model.js';
import type { Cause } from '../shared/cause/cause.js';
import type { Stage, StageName } from '../shared/status/stages.js';
import { STAGE_STATUS } from '../shared/status/words.js';
import type { Deployment } from './model.js';

export interface Failure {
  /** Null when no stage failed. */
  readonly stage: StageName | null;
  /** How the stage ended. */
  readonly error: string | null;
  /** The first error in the log, when there is a known one. */
  readonly cause: Cause | null;
  /** The last lines of the log, redacted. */
  readonly log: readonly string[];
}

/** The work on one commit; nothing where no run has begun. */
export interface Attempt {
  readonly attempt: Pick<Deployment, 'createdAt' | 'startedAt' | 'completedAt'> | null;
  readonly error: string | null;
  readonly failure: Failure | null;
  readonly stages: readonly Stage[];
  readonly logsUrl: string | null;
  /** The workflow run reports this deployment by a check of its own. */
  readonly reportedByRun: boolean;
}

interface Subject {
  readonly environment: Environment;
  readonly deployment: Deployment | null;
}

/** How far the run of this commit is, or how it ended. */
export function attemptOf(
  { environment, deployment }: Subject,
  { isBuilt, hasFailed }: { readonly isBuilt: boolean; readonly hasFailed: boolean },
): Attempt {
  return {
    attempt: deployment && {
      createdAt: deployment.createdAt,
      startedAt: deployment.startedAt,
      completedAt: deployment.completedAt,
    },
    error: deployment ? (deployment.cause?.line ?? deployment.error) : environment.error,
    failure: hasFailed ? failureOf(deployment) : null,
    stages: isBuilt ? (deployment?.stages ?? []) : [],
    logsUrl: deployment?.logsUrl ?? null,
    reportedByRun: isBuilt && deployment !== null && deployment.id === environment.head?.selfReported,
  };
}

function failureOf(deployment: Deployment | null): Failure {
  const stage = deployment?.stages.find(({ status }) => status === STAGE_STATUS.failed);
  return {
    stage: stage?.name ?? null,
    error: deployment?.error ?? stage?.error ?? null,
    cause: deployment?.cause ?? null,
    log: deployment?.logTail ?? [],
  };
}
