import { isVitrineError, type ErrorCode, type VitrineError } from '../../src/shared/errors.js';

const CODES: readonly ErrorCode[] = ['stale_head', 'environment_gone'];

/** The server says that this deployment is not wanted any more: a newer commit came, or the pull request was closed. */
export function isOvertaken(error: unknown): error is VitrineError {
  return isVitrineError(error) && CODES.includes(error.code);
}
