import { type Block, type Cause, CAUSE_LIMITS, type Matcher } from './cause.js';
import { MATCHERS } from './matchers.js';
import { IGNORED, withoutPrefix } from './reading.js';

/** Looks for the first error while a stage runs. What it keeps is bounded, however long the log is. */
export interface CauseFinder {
  /** One line of a command's output, clean and without secrets. */
  push(line: string): void;
  /** The cause, when a line of the log names one. */
  found(): Cause | null;
}

interface Options {
  /** The checkout: the cause names files relative to it. */
  readonly root?: string;
}

/** The cause in a log that is known as a whole. */
export function causeOf(lines: Iterable<string>, options: Options = {}): Cause | null {
  const finder = createCauseFinder(options);
  for (const line of lines) finder.push(line);
  return finder.found();
}

/** Lines before an error that a reader may use, for example the name of the file. */
const LINES_BEFORE = 8;

/** The first block of a matcher may turn out to be no error. */
const BLOCKS_PER_MATCHER = 3;

/** Most tools give the reason within so many lines. */
const WINDOW = 40;

export function createCauseFinder({ root }: Options = {}): CauseFinder {
  const recent: string[] = [];
  const blocks: OpenBlock[] = [];
  const awaited = new Set(MATCHERS.flatMap(({ after }) => after ?? []));
  let open: OpenBlock[] = [];

  const begin = (line: string): void => {
    const bare = withoutPrefix(line);
    for (const matcher of MATCHERS) {
      if (matcher.after && awaited.has(matcher.after)) continue;
      const whole = matcher.starts.exec(line);
      const match = whole ?? (bare === line ? null : matcher.starts.exec(bare));
      if (!match || blocks.filter((block) => block.matcher === matcher).length >= BLOCKS_PER_MATCHER)
        continue;
      const block = { matcher, match, prefixed: whole === null, before: [...recent], lines: [line] };
      blocks.push(block);
      open.push(block);
    }
  };

  return {
    push(raw) {
      const line = raw.slice(0, CAUSE_LIMITS.excerptCharacters).trimEnd();
      for (const block of open) block.lines.push(line);
      open = open.filter(({ lines, matcher }) => lines.length < (matcher.window ?? WINDOW));
      for (const header of awaited) if (header.test(line)) awaited.delete(header);
      if (!IGNORED.test(line)) begin(line);
      recent.push(line);
      if (recent.length > LINES_BEFORE) recent.shift();
    },
    found: () => firstCause(blocks, root),
  };
}

interface OpenBlock extends Block {
  readonly matcher: Matcher;
  /** The error is behind a prefix, as in the output of a workspace. */
  readonly prefixed: boolean;
  readonly lines: string[];
}

/** The error of a known form that came first; without one, the first line that looks like an error. */
function firstCause(blocks: readonly OpenBlock[], root: string | undefined): Cause | null {
  const ordered = [...blocks].sort((a, b) => a.matcher.rank - b.matcher.rank);
  for (const block of ordered) {
    const lines = block.prefixed ? block.lines.map(withoutPrefix) : block.lines;
    const reading = block.matcher.read({ ...block, lines });
    const line = reading && sentence(reading.line, root);
    if (reading && line) return { line, ...excerptOf(block, reading) };
  }
  return null;
}

/** One line, with paths relative to the checkout. */
function sentence(text: string, root: string | undefined): string {
  const relative = root ? text.replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '') : text;
  const points = Array.from(relative.replace(/\s+/g, ' ').trim());
  const { line } = CAUSE_LIMITS;
  return points.length > line ? `${points.slice(0, line - 1).join('')}…` : points.join('');
}

const SHOWN_BEFORE = 2;
const SHOWN_AFTER = 12;

/** The beginning of the error gives way when the line that counts comes late, as in a long traceback. */
function excerptOf(
  { before, lines }: OpenBlock,
  { at = 0, last }: { readonly at?: number; readonly last?: number },
): Pick<Cause, 'excerpt' | 'at'> {
  const shown = before.slice(-SHOWN_BEFORE);
  const all = [...shown, ...lines];
  const key = shown.length + at;
  const end = Math.min(all.length, shown.length + (last ?? at + SHOWN_AFTER) + 1);
  const from = Math.max(0, end - CAUSE_LIMITS.excerptLines);
  const kept = all.slice(from, end);
  const blank = kept.findIndex((line) => line.trim() !== '');
  const excerpt = kept.slice(blank);
  while (excerpt.at(-1)?.trim() === '') excerpt.pop();
  return { excerpt, at: key - from - blank };
}
