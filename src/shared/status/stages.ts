import type { StageStatus } from './words.js';

/** The steps of a deployment, in the order in which they are shown. */
export const STAGE_NAMES = [
  'cloning',
  'checkout',
  'installing',
  'building',
  'copying',
  'deploying',
  'verifying',
] as const;

export type StageName = (typeof STAGE_NAMES)[number];

export interface Stage {
  readonly name: StageName;
  readonly status: StageStatus;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly error: string | null;
}
