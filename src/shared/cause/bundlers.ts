import type { Block, Reading } from './cause.js';
import { nextLine, readHeading } from './reading.js';

/** `✘ [ERROR] Could not resolve "x"`, and the place below it. */
export function readEsbuild({ match, lines }: Block): Reading {
  const place = /^\s+(\S.*:\d+:\d+):$/.exec(lines[nextLine(lines, 1)] ?? '')?.[1];
  const text = match[1] ?? '';
  return { line: place === undefined ? text : `${text} (${place})` };
}

/** `[!] RollupError: ...`, and the place below it: `src/main.js (3:7)`. */
export function readRollup({ match, lines }: Block): Reading {
  const text = match[1] ?? '';
  const place = lines.slice(1, 4).find((line) => /^\S.* \(\d+:\d+\)$/.test(line));
  return {
    line:
      place === undefined || text.includes(place) ? text : `${text} (${place.replace(/ \((.+)\)$/, ':$1')})`,
  };
}

/** `ERROR in ./src/index.js 3:0-20`, and what is wrong in the next line. */
export function readWebpack({ match, lines }: Block): Reading | null {
  const at = nextLine(lines, 1);
  const text = lines[at]?.trim();
  const place = match[1] ?? '';
  if (text === undefined || text === '') return { line: place };
  return /^[.\w@/-]+(?:[: ]\d|$)/.test(place) ? { line: `${text} (${place})`, at } : { line: place };
}

/** A mistake in the configuration: the first point of the list below says which. */
export function readSchema({ match, lines }: Block): Reading {
  const text = match[1] ?? '';
  const point = /^ - (.+?)(?:\. [A-Z].*)?$/.exec(lines[1] ?? '')?.[1];
  return point === undefined
    ? { line: text }
    : { line: `${/^.+?\./.exec(text)?.[0] ?? text} ${point}`, at: 1 };
}

/** Where Next.js and its relatives name the file: `./app/page.tsx:3:9`, `./app/page.tsx`. */
const NEXT_PLACE = /^\.{0,2}\/?\S+\.\w+(?::\d+:\d+)?$/;

/** `Failed to compile.`, the file, and what is wrong with it. */
export function readNext({ lines }: Block): Reading | null {
  const first = nextLine(lines, 1);
  const head = lines[first]?.trim();
  if (head === undefined) return null;
  if (!NEXT_PLACE.test(head)) return { line: head, at: first };
  const at = nextLine(lines, first + 1);
  const text = lines[at]?.trim();
  return text === undefined ? { line: head, at: first } : { line: `${text} (${head})`, at };
}

/** `Error occurred prerendering page "/about".`, and the exception below it. */
export function readPrerender({ match, lines }: Block): Reading {
  const at = nextLine(lines, 1);
  const text = lines[at]?.trim() ?? '';
  return text === '' ? { line: match[0] } : { line: `${text} (prerendering ${match[1] ?? ''})`, at };
}

/** A rule of ESLint under the name of its file. */
export function readLint({ match, before }: Block): Reading {
  const [, place = '', text = '', rule = ''] = match;
  const file = before.findLast((line) => /^\S*[./\\]\S*\.\w+$/.test(line));
  return { line: `${text} ${rule} (${file === undefined ? place : `${file}:${place}`})` };
}

/** Docusaurus says which step failed, and then why: in the innermost cause, or in the errors of its bundler. */
export function readDocusaurus({ match, lines }: Block): Reading {
  const cause = lines.findLastIndex((line) => /^\s+\[cause\]: \S/.test(line));
  if (cause !== -1) return readCause(lines, cause);
  const text = match[1] ?? '';
  const at = / compiled with errors /.test(text) ? nextLine(lines, 1) : -1;
  if (at === -1) return { line: text };
  const reason = /^Cause: (.+)/.exec(lines[at + 1] ?? '')?.[1];
  const error = lines[at] ?? '';
  return { line: reason === undefined ? error : `${error}: ${reason}`, at };
}

/** Of broken links, the first one of the list. */
function readCause(lines: readonly string[], at: number): Reading {
  const text = (lines[at] ?? '').replace(/^\s+\[cause\]: /, '').replace(/ \{$/, '');
  const entry = lines.findIndex((line, index) => index > at && /^\s+- .+:$/.test(line));
  const link = entry === -1 ? undefined : /^\s+-> (.+)$/.exec(lines[entry + 1] ?? '')?.[1];
  const page = (lines[entry] ?? '').trim().replace(/^- /, '');
  return { line: link === undefined ? text : `${text} ${page} ${link}`, at };
}

/** Eleventy numbers its errors, the innermost last. */
export function readEleventy({ lines }: Block): Reading {
  const numbered = lines.map((line) => /^\[11ty\] \d+\. (.+)/.exec(line)?.[1] ?? '');
  const at = numbered.findLastIndex((text) => text !== '');
  const place = numbered.flatMap((text) => /\.\/\S+\.\w+/.exec(text)?.[0] ?? [])[0];
  return { line: place === undefined ? (numbered[at] ?? '') : `${numbered[at] ?? ''} (${place})`, at };
}

/** Sass frames the code and names the file below it. */
export function readSass({ match, lines }: Block): Reading | null {
  const framed = /^\s*╷$/.test(lines[1] ?? '');
  const place = lines
    .map((line) => /^\s+(\S+ \d+:\d+) {2}/.exec(line)?.[1])
    .find((found) => found !== undefined);
  return framed && place !== undefined ? { line: `${match[0]} (${place})` } : null;
}

/** Says only that the build failed; the reason is below. Other errors have it in the same line. */
export function readAstro(block: Block): Reading | null {
  const text = block.match[1] ?? '';
  return /Build failed in \S+$/.test(text) ? readHeading(block) : { line: text };
}

/** The name of a test, and what it expected. */
export function readTest({ match, lines }: Block): Reading {
  const text = (match[1] ?? '').trim();
  const at = nextLine(lines, 1);
  const error = /^\s*((?:\w*Error: |expect\().+)/.exec(lines[at] ?? '')?.[1];
  return error === undefined ? { line: text } : { line: `${text}: ${error}`, at };
}

/** Parcel breaks its sentences as if for a terminal. */
export function readParcel({ lines }: Block): Reading | null {
  const at = nextLine(lines, 1);
  if (at === -1) return null;
  const end = lines.findIndex((line, index) => index > at && line.trim() === '');
  const words = lines.slice(at, end === -1 ? lines.length : end).map((line) => line.trim());
  return { line: words.join(' '), at };
}
