import { types } from 'node:util';

/** Codes are part of the API: clients and tests match on them. One HTTP status each, mapped once, at the edge. */
export const ERROR_STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  stale_head: 409,
  environment_gone: 410,
  precondition_failed: 412,
  too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  unprocessable: 422,
  secret_unreadable: 422,
  too_many_requests: 429,
  internal: 500,
  bad_gateway: 502,
  unavailable: 503,
  disk_full: 507,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

interface VitrineErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterSeconds?: number;
}

/** The one error that is shown to people: the message says what went wrong and what to do next. */
export class VitrineError extends Error {
  override name = 'VitrineError';
  readonly code: ErrorCode;
  /** When the same request may succeed, if that is known; the status has its own number of seconds otherwise. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options?: VitrineErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

export function isVitrineError(error: unknown): error is VitrineError {
  return error instanceof VitrineError;
}

/** The same request may succeed later: something outside of it failed. */
const RETRIABLE: readonly ErrorCode[] = [
  'too_many_requests',
  'internal',
  'bad_gateway',
  'unavailable',
  'disk_full',
];

/** The same request would fail again. An error that is not ours is unexpected, so it is worth another try. */
export function isFinal(error: unknown): error is VitrineError {
  return isVitrineError(error) && !RETRIABLE.includes(error.code);
}

/** Not by `instanceof` alone: errors of the platform may come from another realm. */
export function messageOf(error: unknown): string {
  return error instanceof Error || types.isNativeError(error) ? error.message : String(error);
}

/** The code of a system error, such as ENOENT. Not by `instanceof`: errors of the platform may come from another realm. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
