import { VitrineError } from '../../src/shared/errors.js';
import { parseVariableLines } from '../../src/variables/lines.js';
import type { InputName } from './names.js';

type Text = readonly [name: InputName, text: string];

/** An input that was left out, or is empty, is null: the runner tells no difference. */
export function maybe<T>(text: Text, parse: (text: Text) => T): T | null {
  return text[1] === '' ? null : parse(text);
}

export function oneOf<T extends string>([name, text]: Text, allowed: readonly [T, ...T[]]): T {
  if (text === '') return allowed[0];
  const found = allowed.find((value) => value === text);
  if (found) return found;
  throw wrong(name, `must be one of ${allowed.join(', ')}, not ${quote(text)}`);
}

export function flag([name, text]: Text, fallback: 'true' | 'false'): boolean {
  const value = text === '' ? fallback : text;
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw wrong(name, `must be true or false, not ${quote(value)}`);
}

export function positive([name, text]: Text): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw wrong(name, `must be a number such as 42, not ${quote(text)}`);
}

export function milliseconds([name, text]: Text, fallback: string): number {
  const match = /^(\d{1,5})(s|m)?$/.exec(text || fallback);
  const ms = Number(match?.[1]) * (match?.[2] === 'm' ? 60_000 : 1_000);
  if (ms >= 1_000 && ms <= 3_600_000) return ms;
  throw wrong(name, `must be a time from 1s to 60m, such as 300, 90s or 5m, not ${quote(text)}`);
}

/** An http(s) address without a password in it, because it will be shown. */
export function address([name, text]: Text): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw wrong(name, `must be an address such as https://preview.example.com, not ${quote(text)}`);
  }
  if (url.username || url.password)
    throw wrong(name, 'must not hold a user name or password: it is shown to everyone');
  const { pathname, search, hash, href } = url;
  const shown = pathname === '/' && search === '' && hash === '' ? href.slice(0, -1) : href;
  return shown.replaceAll('|', '%7C');
}

/** Paths are put behind it, and it must be letter by letter what the server calls itself. */
export function serverAddress(text: Text): string {
  const { origin, pathname } = new URL(address(text));
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

export function relative([name, text]: Text): string {
  const segments = text.split(/[/\\]/);
  if (!/^([/~\\]|[A-Za-z]:)/.test(text) && !segments.includes('..') && !text.includes('\0')) return text;
  throw wrong(name, `must be a path inside the repository, such as "site" or ".", not ${quote(text)}`);
}

export function urlPath([name, text]: Text): string {
  if (/^\/(?!\/)[^\s\\]*$/.test(text)) return text;
  throw wrong(name, `must be a path that begins with one "/", such as /healthz, not ${quote(text)}`);
}

export function variables([name, text]: Text): Readonly<Record<string, string>> {
  const { values, problems } = parseVariableLines(text);
  if (problems.length === 0) return values;
  throw wrong(name, `needs one KEY=VALUE a line: ${problems.join('; ')}`);
}

function wrong(name: InputName, problem: string): VitrineError {
  return new VitrineError('bad_request', `The input "${name}" ${problem}.`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
