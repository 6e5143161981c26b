import { CHECK_STATE, type CheckState } from '../../../src/shared/status/words.js';
import type { Surroundings } from './surroundings.js';

export interface Finding {
  readonly state: CheckState;
  /** What was seen, in a sentence or two. */
  readonly says: string;
  /** What the operator does about it; null when there is nothing to do. */
  readonly todo: string | null;
}

/** One thing that the doctor looks at. A part that is missing is a finding; what it throws is a fault of the program. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly run: (surroundings: Surroundings) => Promise<Finding>;
}

export const good = (says: string): Finding => ({ state: CHECK_STATE.good, says, todo: null });

export const warning = (says: string, todo: string): Finding => ({ state: CHECK_STATE.warning, says, todo });

export const failed = (says: string, todo: string): Finding => ({ state: CHECK_STATE.failed, says, todo });

/** What is not used here, or cannot be seen until something else is right. */
export const skipped = (says: string, todo: string | null = null): Finding => ({
  state: CHECK_STATE.skipped,
  says,
  todo,
});
