import { createRedactor } from '../../src/shared/redact/redact.js';
import type { Result } from './result.js';

/** The same result without secrets, whichever way it came about. Addresses stay as they are: later steps use them. */
export function redactResult(result: Result, secrets: readonly string[]): Result {
  if (secrets.length === 0) return result;
  const { redact } = createRedactor(secrets);
  return {
    ...result,
    reason: redact(result.reason),
    notes: result.notes.map(redact),
    logTail: result.logTail.map(redact),
  };
}
