import type { ComposeProblem, Lined, LinedEntry, LinedMap } from './read.js';

/** What a check found. Nothing is thrown, so that people see every problem of the file at once. */
export interface Findings {
  readonly problems: ComposeProblem[];
  /** What was left out of the file, and does not stop it. */
  readonly notes: ComposeProblem[];
}

/** A value, with what it is called in messages: `services.web.ports`. */
export interface Found<Value extends Lined = Lined> {
  readonly name: string;
  readonly line: number;
  readonly value: Value;
  readonly findings: Findings;
}

export function problem({ findings, name, line }: Omit<Found, 'value'>, message: string): void {
  findings.problems.push({ line, message: `${name} ${message}` });
}

export function note({ findings, name, line }: Omit<Found, 'value'>, message: string): void {
  findings.notes.push({ line, message: `${name} ${message}` });
}

export function inner(found: Pick<Found, 'name' | 'findings'>, [key, entry]: [string, LinedEntry]): Found {
  const { name, findings } = found;
  return { findings, name: name === '' ? shown(key) : `${name}.${shown(key)}`, ...entry };
}

/** A word of the file, short and without characters that could change the message around it. */
export function shown(text: string): string {
  const safe = text.replace(/[^\w .,:/@=+*-]/g, '?');
  return safe.length > 60 ? `${safe.slice(0, 60)}...` : safe;
}

/** The keys of a group; none, with a problem, when it is none. A key without a value is an empty group. */
export function groupOf(found: Found): readonly [string, Found][] {
  const { value } = found;
  if (value.kind === 'map') return entriesOf(found, value);
  if (value.kind === 'list' || value.value !== null) problem(found, 'must be a group of keys');
  return [];
}

function entriesOf(found: Found, { entries }: LinedMap): [string, Found][] {
  return [...entries].map((entry) => [entry[0], inner(found, entry)]);
}

export function itemsOf(found: Found): readonly Found[] {
  const { value } = found;
  if (value.kind === 'list') return value.items.map((item) => ({ ...found, line: item.line, value: item }));
  if (value.kind === 'map' || value.value !== null) problem(found, 'must be a list');
  return [];
}

/** One text or a list of them. */
export function textsOf(found: Found): string[] {
  const all = found.value.kind === 'list' ? itemsOf(found) : [found];
  return all.map((one) => textOf(one)).filter((text) => text !== null);
}

/** Null, with a problem, for what is no text. */
export function textOf(found: Found): string | null {
  const { value } = found;
  if (value.kind === 'scalar' && value.value !== null && !value.text.includes('\0')) return value.text;
  problem(found, 'must be text');
  return null;
}

/** A text that must look like this. */
export function wordOf(found: Found, pattern: RegExp, must: string): string | null {
  const text = textOf(found);
  if (text === null || pattern.test(text)) return text;
  problem(found, must);
  return null;
}

/** Interpolated values are texts, so `"true"` counts. */
export function flagOf(found: Found): boolean | null {
  const { value } = found;
  const word = value.kind === 'scalar' ? value.text.toLowerCase() : '';
  if (word === 'true' || word === 'false') return word === 'true';
  problem(found, 'must be true or false');
  return null;
}

export function numberOf(found: Found, { min, max }: { min: number; max: number }): number | null {
  const { value } = found;
  const text = value.kind === 'scalar' ? value.text.trim() : '';
  const number = /^(?:\d{1,12}(?:\.\d{1,6})?|\.\d{1,6})$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  problem(found, `must be a number from ${String(min)} to ${String(max)}`);
  return null;
}

export function wholeNumberOf(found: Found, bounds: { min: number; max: number }): number | null {
  const number = numberOf(found, bounds);
  if (number === null || Number.isInteger(number)) return number;
  problem(found, 'must be a whole number');
  return null;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A time such as `1m30s`, in whole milliseconds. */
export function millisecondsOf(found: Found, { min, max }: { min: number; max: number }): number | null {
  const text = textOf(found);
  if (text === null) return null;
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  const total = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (UNITS_MS[unit] ?? 0), 0);
  const ms = Math.round(isWhole ? total : text === '0' ? 0 : Number.NaN);
  if (ms >= min && ms <= max) return ms;
  problem(found, `must be a time such as 10s or 1m30s, from ${showMs(min)} to ${showMs(max)}`);
  return null;
}

function showMs(ms: number): string {
  return ms % 60_000 === 0 && ms > 0 ? `${String(ms / 60_000)}m` : `${String(ms / 1_000)}s`;
}

const BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 };

/** A size such as `64m` or `1gb`, or a number of bytes. */
export function bytesOf(found: Found): number | null {
  const text = textOf(found);
  if (text === null) return null;
  const bytes = parseBytes(text);
  if (bytes === null) problem(found, 'must be a size such as 64m or 1g');
  return bytes;
}

export function parseBytes(text: string): number | null {
  const [, amount, unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?([bkmg]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  return amount === undefined ? null : Math.floor(Number(amount) * (BYTES[unit.toLowerCase()] ?? 1));
}

const ABSOLUTE = /^\/(?!\/)[^\u0000-\u001f:,\\]*$/;

/** A path inside a container. */
export function containerPathProblem(path: string): string | null {
  const isPlain = ABSOLUTE.test(path) && !path.split('/').includes('..');
  return isPlain ? null : 'must be a path inside the container that begins with "/", without ".."';
}
