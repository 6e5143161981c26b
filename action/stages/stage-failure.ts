import type { VitrineError } from '../../src/shared/errors.js';
import type { StageName } from '../../src/shared/status/stages.js';

/** A stage that failed, and why. */
export class StageFailure extends Error {
  override name = 'StageFailure';
  readonly stage: StageName;
  override readonly cause: VitrineError;

  constructor(stage: StageName, cause: VitrineError) {
    super(`${stage} failed: ${cause.message}`, { cause });
    this.stage = stage;
    this.cause = cause;
  }
}
