import { VitrineError } from '../../src/shared/errors.js';
import { readHealthStatus, readHealthTimeout, STATUS_HELP, TIMEOUT_HELP } from '../../src/shared/health.js';
import { parseVariableLines } from '../../src/variables/lines.js';
import type { InputName } from './names.js';

type Text = readonly [name: InputName, text: string];

/** Null for an input that is missing or empty: the runner passes both in the same way. */
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

/** An http(s) URL without a password, because reports show it. */
export function address([name, text]: Text): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw wrong(name, `must be a URL such as https://preview.example.com, not ${quote(text)}`);
  }
  if (url.username || url.password)
    throw wrong(name, 'must not contain a user name or password, because everyone can see it');
  const { pathname, search, hash, href } = url;
  const shown = pathname === '/' && search === '' && hash === '' ? href.slice(0, -1) : href;
  return shown.replaceAll('|', '%7C');
}

/** Without a slash at the end. It must equal the server's own URL, which is the audience of the identity token. */
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

export function healthTimeout([name, text]: Text): number {
  const ms = readHealthTimeout(text);
  if (ms !== null) return ms;
  throw wrong(name, `${TIMEOUT_HELP}, not ${quote(text)}`);
}

export function healthStatus([name, text]: Text): string {
  const read = readHealthStatus(text);
  if (read !== null) return read;
  throw wrong(name, `${STATUS_HELP}, not ${quote(text)}`);
}

export function variables([name, text]: Text): Readonly<Record<string, string>> {
  const { values, problems } = parseVariableLines(text);
  if (problems.length === 0) return values;
  throw wrong(name, `needs one KEY=VALUE per line: ${problems.join('; ')}`);
}

export function portNumber([name, text]: Text): number {
  const port = /^\d{2,5}$/.test(text) ? Number(text) : 0;
  if (port === 80 || port === 443 || (port >= 1_024 && port <= 65_535)) return port;
  throw wrong(name, `must be 80, 443 or a number from 1024 to 65535, not ${quote(text)}`);
}

export function versionRange([name, text]: Text): string {
  if (/^[\w.*^~<>=| -]{1,100}$/.test(text)) return text;
  throw wrong(name, `must be a version of Node or a range, such as 22 or >=20, not ${quote(text)}`);
}

export function imageName([name, text]: Text): string {
  if (/^[\w][\w.\-/:@]{0,499}$/.test(text)) return text;
  throw wrong(name, `must be the name or the id of an image, such as shop:test, not ${quote(text)}`);
}

/** Null: no cache. Otherwise in the words of `docker buildx build --cache-from`. */
export function cacheOf([name, text]: Text): string | null {
  if (text === 'false') return null;
  if (text === 'gha') return 'type=gha';
  if (/^type=(gha|registry)(,[^\s,=]+=[^\s,]+)*$/.test(text)) return text;
  if (/^[\w.-]+(:\d+)?\/[\w.\-/:]+$/.test(text)) return `type=registry,ref=${text}`;
  throw wrong(
    name,
    `must be gha, the name of an image that holds the cache, such as ghcr.io/acme/shop:cache, or false, not ${quote(text)}`,
  );
}

export interface Login {
  /** Null: for every registry that has no line of its own. */
  readonly host: string | null;
  readonly username: string;
  readonly password: string;
}

/** One `user:password` or `registry=user:password` per line. */
export function logins([name, text]: Text): readonly Login[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line, index) => {
      const match = /^(?:([\w.-]+(?::\d+)?)=)?([^:\s]+):(.+)$/.exec(line);
      const [, host = null, username, password] = match ?? [];
      if (username !== undefined && password !== undefined) return { host, username, password };
      throw wrong(
        name,
        `needs one user:password or registry=user:password per line: line ${index + 1} is none`,
      );
    });
}

function wrong(name: InputName, problem: string): VitrineError {
  return new VitrineError('bad_request', `The input "${name}" ${problem}.`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
