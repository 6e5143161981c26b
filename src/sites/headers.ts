import { quoteName } from '../shared/text.js';
import { parsePattern, type PathPattern, PATTERN_FORM } from './path-pattern.js';

/** A block of `_headers`: the headers that it adds to responses whose path matches. Names are lower-case. */
export interface HeaderRule {
  readonly pattern: PathPattern;
  readonly set: readonly (readonly [name: string, value: string])[];
  /** Names that earlier blocks set and this block removes. */
  readonly unset: readonly string[];
}

export interface ParsedRules<Rule> {
  readonly rules: readonly Rule[];
  /** Lines that were skipped, and why. */
  readonly notes: readonly string[];
}

const MAX_RULES = 200;

const MAX_LINE = 2_000;

/**
 * Headers that a site may not set: they describe the transfer itself, instruct a proxy in front of the server, or weaken what separates
 * previews and keeps them out of search engines.
 */
const RESERVED = new Set(
  `accept-ranges age allow alt-svc basic-auth clear-site-data connection content-encoding content-length content-range
  cross-origin-resource-policy date etag keep-alive last-modified location proxy-authenticate proxy-connection
  referrer-policy service-worker-allowed server status te trailer transfer-encoding upgrade vary www-authenticate
  x-content-type-options x-lighttpd-send-file x-robots-tag x-sendfile`.split(/\s+/),
);

const RESERVED_FAMILY = /^x-(accel|reproxy)-/;

interface Block {
  readonly pattern: PathPattern;
  readonly set: [string, string][];
  readonly unset: string[];
  readonly room: HeaderRoom;
}

/** Netlify's and Cloudflare's `_headers`: a path, then indented `Name: value` lines; `! Name` removes one. */
export function parseHeaderRules(text: string): ParsedRules<HeaderRule> {
  const rules: Block[] = [];
  const notes: string[] = [];
  const rooms = new Map<string, HeaderRoom>();
  let block: Block | null = null;
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (/^\s/.test(line)) {
      const fault = block === null ? 'it stands before any path' : addHeader(block, trimmed);
      if (fault !== null) notes.push(note(index, fault));
      continue;
    }
    const opened = openBlock(trimmed, { count: rules.length, rooms });
    block = typeof opened === 'string' ? null : opened;
    if (typeof opened === 'string') notes.push(note(index, opened));
    else rules.push(opened);
  }
  return { rules, notes };
}

/**
 * The headers of all matching blocks, in order. Repeated headers are joined with a comma, except cookies, which stay separate. Headers
 * beyond the limit of one response are left out.
 */
export function headersFor(
  rules: readonly HeaderRule[],
  path: string,
): readonly (readonly [string, string])[] {
  const headers = new Map<string, string[]>();
  for (const rule of rules) {
    if (rule.pattern.match(path) === null) continue;
    for (const name of rule.unset) headers.delete(name);
    for (const [name, value] of rule.set) {
      const values = headers.get(name);
      if (values === undefined) headers.set(name, [value]);
      else values.push(value);
    }
  }
  return [...withinRoom(headers)].flatMap(([name, values]) =>
    name === 'set-cookie'
      ? values.map((value) => [name, value] as const)
      : [[name, values.join(', ')] as const],
  );
}

/** Several blocks can match one path, so the limit of a response can only be checked here. */
function withinRoom(headers: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const room = createHeaderRoom();
  const kept = new Map<string, string[]>();
  for (const [name, values] of headers) {
    const fitting = values.filter((value) => room.take(name, value));
    if (fitting.length > 0) kept.set(name, fitting);
  }
  return kept;
}

function openBlock(
  path: string,
  { count, rooms }: { readonly count: number; readonly rooms: Map<string, HeaderRoom> },
): Block | string {
  if (count >= MAX_RULES) return `only the first ${MAX_RULES} paths count`;
  if (path.length > MAX_LINE) return `the line is longer than ${MAX_LINE} characters`;
  const pattern = parsePattern(path);
  if (pattern === null) return `${quoteName(path)} is not a path pattern: ${PATTERN_FORM}`;
  const room = rooms.get(path) ?? createHeaderRoom();
  rooms.set(path, room);
  return { pattern, set: [], unset: [], room };
}

/** Null when the header was added, else the reason why not. */
function addHeader(block: Block, line: string): string | null {
  const [, removed] = /^!\s*([\w-]+)$/.exec(line) ?? [];
  if (removed !== undefined) {
    if (!block.room.take(removed, '')) return block.room.fullOnce();
    block.unset.push(removed.toLowerCase());
    return null;
  }
  const [, rawName = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*)$/.exec(line) ?? [];
  const name = rawName.toLowerCase();
  if (name === '') return `${quoteName(line)} is not "Name: value"`;
  if (line.length > MAX_LINE) return `the value of ${name} is longer than ${MAX_LINE} characters`;
  if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
    return `the value of ${name} has characters a header cannot carry`;
  if (RESERVED.has(name) || RESERVED_FAMILY.test(name)) return `${name} is decided by the server`;
  if (!block.room.take(name, value)) return block.room.fullOnce();
  block.set.push([name, withinOwnHost(name, value)]);
  return null;
}

/** A preview may set cookies for its own host only, not for sibling or parent hosts. */
function withinOwnHost(name: string, value: string): string {
  if (name === 'set-cookie') return dropDirectives(value, /^domain\s*(=|$)/i);
  if (name === 'strict-transport-security') return dropDirectives(value, /^(includesubdomains|preload)\b/i);
  return value;
}

function dropDirectives(value: string, unwanted: RegExp): string {
  const parts = value.split(';').map((part) => part.trim());
  return parts.filter((part) => part !== '' && !unwanted.test(part)).join('; ');
}

function note(index: number, reason: string): string {
  return `_headers line ${index + 1} was skipped: ${reason}.`;
}

/** Proxies and browsers accept little more. */
const MAX_LINES = 100;

const MAX_BYTES = 8 * 1024;

/** How much room the response for one path still has for headers of the site. */
interface HeaderRoom {
  /** False when there is no room for this header. */
  take(name: string, value: string): boolean;
  /** The reason; null from the second time on, because it would repeat the note. */
  fullOnce(): string | null;
}

function createHeaderRoom(): HeaderRoom {
  let lines = MAX_LINES;
  let bytes = MAX_BYTES;
  let told = false;
  return {
    take(name, value) {
      const needed = name.length + value.length + ': \r\n'.length;
      if (lines < 1 || bytes < needed) return false;
      lines -= 1;
      bytes -= needed;
      return true;
    },
    fullOnce() {
      if (told) return null;
      told = true;
      return `one path may have ${MAX_LINES} headers of ${MAX_BYTES} bytes together, and here they become more`;
    },
  };
}
