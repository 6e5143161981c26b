import type { StageBody } from '../../src/contract/deployments.js';
import type { Cause } from '../../src/shared/cause/cause.js';

/** How a run of the Action ended. The outputs, the job summary and the exit code are made from it. */
export interface Result {
  readonly status: string;
  /** The reason as one sentence; empty after a success. */
  readonly reason: string;
  readonly url: string;
  readonly commitUrl: string;
  readonly deploymentId: string;
  readonly environment: string;
  readonly live: boolean;
  readonly expiresAt: string;
  readonly sha: string;
  /** Opens the protected preview for later steps; empty for a public one. No text for people may contain it. */
  readonly bypassToken: string;
  readonly stages: readonly StageBody[];
  readonly failedStage: string | null;
  readonly logTail: readonly string[];
  /** The first error in the log of the failed stage; null when none is recognised. */
  readonly cause: Cause | null;
  /** Warnings for the summary. */
  readonly notes: readonly string[];
}

const EMPTY: Omit<Result, 'status' | 'reason'> = {
  url: '',
  commitUrl: '',
  deploymentId: '',
  environment: '',
  live: false,
  expiresAt: '',
  sha: '',
  bypassToken: '',
  stages: [],
  failedStage: null,
  logTail: [],
  cause: null,
  notes: [],
};

/** Why a run failed, in one line: the error in the log of the failed stage, otherwise how the stage ended. */
export function whyOf({ reason, cause }: Pick<Result, 'reason' | 'cause'>): string {
  return cause?.line ?? reason;
}

export function resultOf(fields: Pick<Result, 'status' | 'reason'> & Partial<Result>): Result {
  return { ...EMPTY, ...fields };
}
