import { VitrineError } from '../../../src/shared/errors.js';

const LONGEST_TEXT = 1_024;

/**
 * Everything that comes from outside is made a primitive here, before it is part of a query: an object would be an operator
 * (`{ "$gt": "" }`), a list would be a set, and both would match what nobody asked for.
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

/** A filter that is not understood must not be left out: without it the query would match everything. */
export function onlyKeys(filter: object, names: readonly string[]): void {
  const unknown = Object.keys(filter).find((key) => !names.includes(key));
  if (unknown !== undefined)
    throw refused(`${JSON.stringify(unknown.slice(0, 40))} is no filter; there are ${names.join(', ')}`);
}

function refused(reason: string): VitrineError {
  return new VitrineError('bad_request', `The query was refused: ${reason}.`);
}
