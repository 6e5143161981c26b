import type { ErrorCode } from '../../src/shared/errors.js';

/** A failure that can pass. `waitMs` is the wait that the server asked for, or null. */
export class Retriable extends Error {
  override name = 'Retriable';
  readonly waitMs: number | null;
  /** The code of the final error, when the failure does not pass in time. */
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

/** Milliseconds until the time in a `Retry-After` header, which is a number of seconds or a date; null without one. */
export function retryAfter(header: unknown, now: Date): number | null {
  if (typeof header !== 'string' || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
