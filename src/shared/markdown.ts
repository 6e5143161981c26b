import { cleanLine } from './text.js';

const ZERO_WIDTH = '\u200b';

// Explicit direction marks, embeddings and isolates: they show a text in another order than it is read.
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const INVISIBLE = /[\u200b-\u200d\u2060-\u2064\ufeff\u00ad]/g;

/** Text from outside as a code span: no mention, link, image, keyword or HTML works inside one. Safe in a table cell too. */
export function inlineCode(text: string, max = 100): string {
  // A pipe would end a table cell even inside a code span, and its escape shows outside of tables.
  const line = oneLine(text, max).replaceAll('|', '\u00a6') || ' ';
  const ticks = '`'.repeat(longestRun(line) + 1);
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** Text from outside as a block of code that nothing inside can close. */
export function fence(text: string): string {
  const lines = text.split(/\r\n|\n|\r/).map((line) => cleanLine(line).replace(BIDI, '\ufffd'));
  const body = lines.join('\n');
  const ticks = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${ticks}text\n${body}\n${ticks}`;
}

/** Text from outside as words of a sentence, on one line: it reads the same and does nothing. */
export function escapeText(text: string, max = 300): string {
  return oneLine(text, max)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()!|~$^=+-]/g, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/#/g, `\\#${ZERO_WIDTH}`)
    .replace(/@/g, `@${ZERO_WIDTH}`)
    .replace(/:/g, `:${ZERO_WIDTH}`)
    .replace(/\b(www)\./gi, `$1${ZERO_WIDTH}.`)
    .replace(/\b(gh)\\-(?=\d)/gi, `$1${ZERO_WIDTH}\\-`)
    .replace(/\b[0-9a-f]{7,40}\b/gi, (hex) => `${hex.slice(0, 3)}${ZERO_WIDTH}${hex.slice(3)}`);
}

/** Text from outside on one line that reads from left to right: no control character, no hidden one, at most so many characters. */
export function oneLine(text: string, max: number): string {
  const line = cleanLine(text.slice(0, max * 4))
    .replace(INVISIBLE, '')
    .replace(BIDI, '\ufffd')
    .trim();
  const points = Array.from(line);
  return points.length > max ? `${points.slice(0, Math.max(0, max - 1)).join('')}\u2026` : line;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}

const MARK = '\n\u2026 (cut)';

/**
 * At most so many bytes of Markdown, cut between two characters, with an open block of code closed. GitHub counts bytes, not
 * characters, in the output of a check: https://github.com/github/docs/issues/35252
 */
export function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const room = maxBytes - Buffer.byteLength(MARK);
  if (room <= 0) return prefix(text, maxBytes);
  let size = room;
  let result = whole(text, size);
  while (Buffer.byteLength(result) > maxBytes) {
    size = Math.max(0, size - (Buffer.byteLength(result) - maxBytes));
    result = whole(text, size);
  }
  return result;
}

/** So many bytes of the text, the mark, and the end of a block that is open there; with no bytes, the mark alone. */
function whole(text: string, bytes: number): string {
  const kept = prefix(text, bytes);
  return `${kept}${MARK}${closing(kept)}`;
}

/** The longest beginning of the text that fits, without half a character at its end. */
function prefix(text: string, bytes: number): string {
  const cut = Buffer.from(text).subarray(0, Math.max(0, bytes));
  let end = cut.length;
  const first = lastStart(cut);
  if (first + lengthOf(cut[first] ?? 0) > end) end = first;
  return cut.subarray(0, end).toString('utf8');
}

function lastStart(bytes: Buffer): number {
  let at = Math.max(0, bytes.length - 1);
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

/** What closes the block of code that a text leaves open: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
function closing(text: string): string {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const [, ticks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    const closes = open !== undefined && ticks.startsWith(open) && rest.trim() === '';
    const opens = open === undefined && ticks !== '' && !(ticks.startsWith('`') && rest.includes('`'));
    if (closes) open = undefined;
    if (opens) open = ticks;
  }
  return open === undefined ? '' : `\n${open}`;
}
