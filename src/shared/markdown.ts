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

function oneLine(text: string, max: number): string {
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
