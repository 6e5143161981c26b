import { randomBytes } from 'node:crypto';
import { VitrineError } from '../shared/errors.js';

/** Encrypts the data keys of the secrets. It comes from the operator and is in no database. */
interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

export interface KeyRing {
  /** The first of the list: everything new is sealed with it. */
  readonly current: Key;
  readonly find: (id: string) => Key | undefined;
  readonly ids: readonly string[];
}

export const KEY_BYTES = 32;

const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]{43}=?)$/;

/** A random key of 32 bytes has about 30 different ones; a key that a person typed, or that is all zeros, has fewer. */
const FEWEST_DIFFERENT_BYTES = 16;

const REMEDY = 'Make one with "openssl rand -base64 32" and write it as "<id>:<that text>".';

/** Reads `id:base64` entries, separated by commas or white space. The first is the current key. Messages never repeat a key. */
export function parseKeys(text: string): KeyRing {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const keys = entries.map(parseKey);
  const [current] = keys;
  if (!current) throw unusable('holds no key', REMEDY);
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size < keys.length)
    throw unusable('gives two keys the same id', 'Give each key an id of its own.');
  if (new Set(keys.map(({ bytes }) => bytes.toString('hex'))).size < keys.length)
    throw unusable('gives one key two ids', 'Remove one of them.');
  return { current, find: (id) => byId.get(id), ids: [...byId.keys()] };
}

function parseKey(entry: string, at: number): Key {
  const place = `entry ${String(at + 1)}`;
  const [, id, encoded] = ENTRY.exec(entry) ?? [];
  if (id === undefined || encoded === undefined)
    throw unusable(
      `${place} is not an id of letters, digits, "-" and "_", a colon, and 32 bytes in base64`,
      REMEDY,
    );
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== KEY_BYTES) throw unusable(`${place} does not hold 32 bytes`, REMEDY);
  if (new Set(bytes).size < FEWEST_DIFFERENT_BYTES) throw unusable(`${place} is not random`, REMEDY);
  return { id, bytes };
}

function unusable(problem: string, remedy: string): VitrineError {
  return new VitrineError('bad_request', `ENCRYPTION_KEYS: ${problem}. ${remedy}`);
}

/** A new key, written as `parseKeys` reads it. */
export function createKey(id: string): string {
  return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;
}
