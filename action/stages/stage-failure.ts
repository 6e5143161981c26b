import type { StageName } from '../../src/domain/deployment.js';
import type { VitrineError } from '../../src/shared/errors.js';

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
