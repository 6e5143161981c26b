import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import { field, numberAt, textAt } from '../http/json.js';
import { Retriable } from '../http/retriable.js';
import { retryAfter } from '../http/retry-after.js';

/** Every permission that reporting without a server can need. */
const PERMISSIONS = 'permissions: { checks: write, deployments: write, pull-requests: write }';

/** What a failed call of GitHub's API means: try again, or tell the person what to change. */
export function toFailure(error: unknown, now: Date): Retriable | VitrineError {
  if (isVitrineError(error)) return error;
  const status = numberAt(error, 'status');
  const message = textAt(error, 'message') ?? String(error);
  if (status === null || status >= 500)
    return new Retriable(`GitHub: ${message}.`, { waitMs: null, cause: error });
  const wait = retryAfter(field(error, 'response', 'headers', 'retry-after'), now);
  if (status === 429 || wait !== null || /rate limit/i.test(message)) {
    return new Retriable(`GitHub: ${message}.`, { waitMs: wait, cause: error });
  }
  if (status === 401 || status === 403 || status === 404) {
    const remedy = `Give the job "${PERMISSIONS}"; pull requests from forks get a read-only token.`;
    return new VitrineError('forbidden', `GitHub refused the report (${message}). ${remedy}`, {
      cause: error,
    });
  }
  return new VitrineError('bad_gateway', `GitHub refused the report: ${message}`, { cause: error });
}
