import { ERROR_STATUS, VitrineError, isVitrineError } from '../../src/shared/errors.js';
import type { Answer } from './respond.js';

const RETRY_AFTER: Readonly<Partial<Record<number, string>>> = { 429: '60', 503: '5' };

/** The one place where an error becomes an answer. Only messages that were written for people leave the house. */
export function errorAnswer(error: unknown, requestId: string): Answer {
  const { code, message } = told(error);
  const status = ERROR_STATUS[code];
  const retryAfter = RETRY_AFTER[status];
  return {
    status,
    body: { error: { code, message, requestId } },
    headers: { 'x-request-id': requestId, ...(retryAfter && { 'retry-after': retryAfter }) },
  };
}

/** Ours to repair, so it goes to the log; the rest are the caller's. */
export function isOurFault(error: unknown): boolean {
  return ERROR_STATUS[told(error).code] >= 500;
}

function told(error: unknown): VitrineError {
  if (isVitrineError(error)) return error;
  return new VitrineError(
    'internal',
    'Something went wrong here. The log of the server has more under this request id.',
  );
}
