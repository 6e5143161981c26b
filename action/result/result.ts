import type { StageBody } from '../../src/contract/deployments.js';

/** How a run of the Action ended: everything the outputs, the job summary and the exit code are made from. */
export interface Result {
  readonly status: string;
  /** Why, as a sentence; empty when all went well. */
  readonly reason: string;
  readonly url: string;
  readonly commitUrl: string;
  readonly deploymentId: string;
  readonly environment: string;
  readonly live: boolean;
  readonly expiresAt: string;
  readonly sha: string;
  readonly stages: readonly StageBody[];
  readonly failedStage: string | null;
  readonly logTail: readonly string[];
  /** What a person should know although nothing failed. */
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
  stages: [],
  failedStage: null,
  logTail: [],
  notes: [],
};

export function resultOf(known: Pick<Result, 'status' | 'reason'> & Partial<Result>): Result {
  return { ...EMPTY, ...known };
}
