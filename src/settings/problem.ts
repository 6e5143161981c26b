/** A problem of `.github/preview.yml` that people are told of. An error stops deployments; a note does not. */
export interface SettingsProblem {
  readonly level: 'error' | 'note';
  readonly message: string;
  readonly line: number;
  readonly column: number;
  /** The default branch's file, or the pull request's. */
  readonly file: 'base' | 'head';
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A problem in a text, before the caller adds which file it is. */
export interface TextProblem extends Position {
  readonly message: string;
}

/** A value from the file, short and without characters that could change the sentence or the page around it. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const safe = text.replace(/[^\p{L}\p{N} _.,/{}[\]=+*!-]/gu, '?');
  return `"${safe.length > 40 ? `${safe.slice(0, 40)}...` : safe}"`;
}

/** Records whose keys belong to the user: names of variables, options of a target, names of databases. */
const FREE = new Set(['env', 'options', 'services']);

/** Whether the user chooses the keys at this place. */
export function isFree(key: unknown): boolean {
  return typeof key === 'string' && FREE.has(key);
}

/** `skip-words` in the file is `skipWords` in code. A key with capitals is never one of ours and stays as it is, to be reported. */
export function toCamel(key: string): string {
  if (/[A-Z]/.test(key)) return `unknown ${key}`;
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function toKebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Changes the keys to camel case and drops empty values: `limits:` without a value is the same as no `limits`. */
export function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(
    entries.map(([key, inner]) => [toCamel(key), FREE.has(key) ? inner : camelKeys(inner)]),
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The known key that is most like the written one, if it is similar enough to be suggested. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const word = toKebab(written.slice(0, 60)).replace(/^-|_/g, '-').toLowerCase();
  const ranked = known.map((key) => ({ key, far: distance(word, key) })).sort((a, b) => a.far - b.far);
  const [best] = ranked;
  return best && best.far <= Math.ceil(best.key.length / 3) ? best.key : undefined;
}

/** Levenshtein distance, with one row of the table in memory. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
