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

/** Milliseconds until the time in a `Retry-After` header, which is a number of seconds or a date; null without one. */
export function retryAfter(header: unknown, now: Date): number | null {
  if (typeof header !== 'string' || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
