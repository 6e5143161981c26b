import { VitrineError } from '../../../src/shared/errors.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';

const LONGEST_TEXT = 1_024;

/**
 * Values from outside must be primitives before they are part of a query: MongoDB would read an object as an operator
 * (`{ "$gt": "" }`) and match other documents.
 */
export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw refused(`${name} must be text`);
  if (value.length > LONGEST_TEXT) throw refused(`${name} has more than ${LONGEST_TEXT} characters`);
  return value;
}

export function whole(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw refused(`${name} must be a whole number`);
  return value;
}

export function oneOf<T extends string>(value: unknown, words: readonly T[]): T {
  const word = words.find((each) => each === value);
  if (word === undefined) throw refused(`the status must be one of ${words.join(', ')}`);
  return word;
}

/** Refuses an unknown filter: ignoring it would match every document. */
export function onlyKeys(filter: object, names: readonly string[]): void {
  const unknown = Object.keys(filter).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw refused(`${JSON.stringify(unknown.slice(0, 40))} is no filter; there are ${names.join(', ')}`);
}

function refused(reason: string): VitrineError {
  return new VitrineError('bad_request', `The query was refused: ${reason}.`);
}

const LARGEST_PAGE = 500;

/** One more than asked for is read, to know whether there is a next page without counting. */
export function limitOf({ limit }: PageRequest): number {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new VitrineError('bad_request', 'The limit of a list must be a whole number from 1 on.');
  }
  return Math.min(limit, LARGEST_PAGE);
}

/** Parses the cursor of the previous page; throws when it has another form. */
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

/** No operation may keep the database busy for longer than this. */
export const MAX_TIME_MS = 3_000;
