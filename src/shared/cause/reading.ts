import type { Block, Reading } from './cause.js';

/** Warnings, and lines that say only that a command failed. */
export const IGNORED =
  /^\s*(?:npm (?:WARN|warn|notice)\b|\[?warn(?:ing)?\b|\(!\)|(?:npm (?:ERR!|error) |error:? )?command failed with exit code|ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL)|^.{0,120}\bELIFECYCLE\b/i;

/**
 * What package managers and task runners put before the output of a script: `npm error `, `packages/web build: `, `web:build: `,
 * `[build] `, and Yarn's `YN0000: │ name@workspace STDERR `.
 */
const PREFIX =
  /^(?:npm (?:ERR!|error) ?|➤ YN0\d{3}: [│|] (?:\S+ STD(?:OUT|ERR)(?: |$))?|(?:\.|\.{0,3}\/\S+|[\w@-][\w@.-]*\/\S+) [\w:-]+: |@?[\w./-]+:[a-z][\w-]*: |\[[\w:-]+\] )/;

export function withoutPrefix(line: string): string {
  return line.replace(PREFIX, '');
}

export function nextLine(lines: readonly string[], from: number): number {
  return lines.findIndex((line, index) => index >= from && line.trim() !== '');
}

/** The first group of the match, or the whole of it. A line that ends with a colon goes on in the next one. */
export function readMessage({ match, lines }: Block): Reading {
  const text = (match[1] ?? match[0]).trim();
  const next = text.endsWith(':') ? nextLine(lines, 1) : -1;
  if (next === -1) return { line: text };
  return { line: continued(text, lines[next] ?? ''), at: next };
}

/** A line that ends with a colon, and the next one. */
export function continued(text: string, next: string): string {
  return COUNTS.test(text) ? next.trim() : `${text} ${next.trim()}`;
}

/** Says how many errors follow: the first of them says more. */
const COUNTS = /\bfailed with \d+ errors?:$/i;

/** Where Rolldown and others frame the code: `╭─[ src/main.ts:3:3 ]`. */
const FRAME = /╭─+\[ ?(\S+:\d+:\d+) ?\]/;

/** The line after the first one, for tools that print a heading. */
export function readHeading({ lines }: Block): Reading | null {
  const at = nextLine(lines, 1);
  const text = lines[at]?.trim();
  if (text === undefined) return null;
  const further = text.endsWith(':') ? nextLine(lines, at + 1) : -1;
  if (further === -1) return { line: text, at };
  const line = continued(text, lines[further] ?? '');
  const place = FRAME.exec(lines[further + 1] ?? '')?.[1];
  return { line: place === undefined || line.includes(place) ? line : `${line} (${place})`, at: further };
}
