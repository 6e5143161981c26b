import { isUtf8 } from 'node:buffer';
import { VitrineError } from '../../src/shared/errors.js';

const MAX_DEPTH = 64;

/** JSON from a stranger: real UTF-8, no byte order mark, no towers of brackets. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new VitrineError('bad_request', 'The body is empty: send a JSON object.');
  if (!isUtf8(bytes)) throw new VitrineError('bad_request', 'The body is not UTF-8.');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new VitrineError('bad_request', 'The body is not JSON.');
  }
}

/** Counts with a list of its own: a tower must not take the stack down while it is measured. */
export function refuseDeep(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH)
      throw new VitrineError('bad_request', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
}
