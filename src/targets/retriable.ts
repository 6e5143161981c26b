import { isVitrineError, type ErrorCode } from '../shared/errors.js';

const RETRIABLE: readonly ErrorCode[] = ['unavailable', 'bad_gateway', 'too_many_requests', 'disk_full'];

/** Whether the same call may succeed later. What is not our own error is a surprise, and surprises are worth one more try. */
export function isRetriable(error: unknown): boolean {
  return !isVitrineError(error) || RETRIABLE.includes(error.code);
}
