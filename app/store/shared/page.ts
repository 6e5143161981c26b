import { VitrineError } from '../../../src/shared/errors.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { text } from './query.js';

const LARGEST_PAGE = 500;

/** One more than asked for is read, to know whether there is a next page without counting. */
export function limitOf({ limit }: PageRequest): number {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new VitrineError('bad_request', 'The limit of a list must be a whole number from 1 on.');
  }
  return Math.min(limit, LARGEST_PAGE);
}

/** Where the last page ended, checked to be plain text of the expected form. */
export function cursorOf({ cursor }: PageRequest, form: RegExp): RegExpExecArray | null {
  if (cursor === undefined) return null;
  const match = form.exec(text(cursor, 'the cursor'));
  if (!match)
    throw new VitrineError('bad_request', 'This cursor is not one of ours: start at the first page.');
  return match;
}

export function pageOf<T>(
  found: readonly T[],
  { limit, cursor }: { limit: number; cursor: (last: T) => string },
): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && found.length > limit ? cursor(last) : null };
}
