import type { z } from 'zod';
import { didYouMean, isFree, isRecord, quoted, toKebab } from './problem.js';
import type { Path } from './yaml.js';

type Issue = z.core.$ZodIssue;

/** One problem at one place of the file. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false, without quotes',
  number: 'a number, without quotes',
  int: 'a whole number, without quotes',
  array: 'a list',
  object: 'a group of keys',
  record: 'a group of keys',
};

/** Turns the issues of zod into sentences that name the key as the file spells it. */
export function findings(
  issue: Issue,
  { at, raw, known }: { at: Path; raw: unknown; known: Known },
): Finding[] {
  const path = [...at, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey({ path: [...path, key], known: known(path) }));
  return [{ path, message: `${name(path)} ${sentenceOf(issue, raw)}` }];
}

/** The keys that are allowed in one place. */
type Known = (path: Path) => readonly string[];

export function unknownKey({ path, known }: { path: Path; known: readonly string[] }): Finding {
  const key = String(path.at(-1));
  const written = key.startsWith('unknown ') ? key.slice('unknown '.length) : toKebab(key);
  if (written === '_extends')
    return { path, message: '_extends is not supported; write the settings into this file' };
  const meant = didYouMean(written, known.map(toKebab));
  const inside = path.length > 1 ? ` in ${name(path.slice(0, -1))}` : '';
  const advice = meant ? `did you mean ${meant}?` : 'remove it';
  return { path, message: `${quoted(written)} is not a known key${inside}; ${advice}` };
}

/** Continues a sentence that begins with the key. `raw` is the value that was checked. */
export function sentenceOf(issue: Issue, raw: unknown): string {
  const value = valueAt(raw, issue.path);
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String), value);
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid')) return kind(issue.expected);
  if (issue.code === 'too_small' && issue.message.startsWith('Too'))
    return `must be at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big' && issue.message.startsWith('Too'))
    return `must be at most ${String(issue.maximum)}`;
  return issue.message;
}

function kind(expected: string): string {
  return `must be ${KINDS[expected] ?? expected}`;
}

function oneOf(words: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? didYouMean(value, words) : undefined;
  const advice = meant ? `; did you mean ${meant}?` : '';
  return `must be one of ${words.join(', ')}, not ${quoted(value)}${advice}`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isRecord(value) ? value[String(step)] : undefined;
  }, raw);
}

function name(path: Path): string {
  const free = path.findIndex(isFree);
  return path.reduce<string>((text, step, at) => {
    if (typeof step === 'number') return `${text}[${String(step + 1)}]`;
    const written = free !== -1 && at > free ? step : toKebab(step);
    const key = /^[A-Za-z0-9_-]+$/.test(step) ? written : quoted(step);
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
