import type { ErrorCode } from '../../src/shared/errors.js';

/** A failure that may pass by itself. `waitMs` is what the other side asked for. */
export class Retriable extends Error {
  override name = 'Retriable';
  readonly waitMs: number | null;
  /** What it is when it does not pass in time. */
  readonly code: ErrorCode;

  constructor(
    message: string,
    { waitMs, cause, code = 'unavailable' }: { waitMs: number | null; cause?: unknown; code?: ErrorCode },
  ) {
    super(message, { cause });
    this.waitMs = waitMs;
    this.code = code;
  }
}
