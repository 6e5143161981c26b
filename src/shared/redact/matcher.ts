/** Half-open: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Matcher {
  /** Every place that any form covers, overlapping ones joined. */
  readonly spans: (text: string) => Span[];
  /** Where the text begins to look like the beginning of a form that is not complete yet; its length when it does not. */
  readonly tail: (text: string) => number;
}

/** No longer than this is ever compared at one place or kept back, however long a secret is. */
const PIECE = 256;

/** Finds overlapping forms too: two secrets that share a few characters are both hidden whole. */
export function createMatcher(forms: readonly string[]): Matcher {
  const index = createIndex(forms.flatMap(pieces));
  return {
    spans: (text) => joined(found(text, index)),
    tail: (text) => {
      for (let at = Math.max(0, text.length - index.longest + 1); at < text.length; at += 1)
        if (index.isBeginning(text, at)) return at;
      return text.length;
    },
  };
}

/** A long form is found piece by piece. Each shares a character with the next, so that the pieces are joined to one. */
function pieces(form: string): string[] {
  if (form.length <= PIECE) return [form];
  const count = Math.ceil((form.length - 1) / (PIECE - 1));
  const starts = Array.from({ length: count }, (_, nth) => Math.min(nth * (PIECE - 1), form.length - PIECE));
  return starts.map((start) => form.slice(start, start + PIECE));
}

function* found(text: string, index: Index): Generator<Span> {
  for (let at = 0; at < text.length; at += 1) {
    const length = index.longestAt(text, at);
    if (length > 0) yield { start: at, end: at + length };
  }
}

function joined(spans: Iterable<Span>): Span[] {
  const result: Span[] = [];
  for (const { start, end } of spans) {
    const last = result.at(-1);
    if (last && start < last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, end) };
    if (!last || start >= last.end) result.push({ start, end });
  }
  return result;
}

interface Index {
  /** Of the longest entry. */
  readonly longest: number;
  /** The length of the longest entry that stands in the text at this place; 0 when none does. */
  readonly longestAt: (text: string, at: number) => number;
  /** Whether what is left of the text from this place on is the beginning of an entry that is longer. */
  readonly isBeginning: (text: string, at: number) => boolean;
}

/** Sorted entries that have their first letters in common: from `low` up to, not including, `high`. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Finds entries as one finds words in a dictionary: letter by letter the range gets smaller. So the number of entries hardly matters,
 * alike as they may be.
 */
export function createIndex(words: readonly string[]): Index {
  const entries = [...new Set(words)].filter((word) => word !== '').sort();
  const firsts = byFirstLetter(entries);
  const start = (text: string, at: number) => firsts.get(text.charCodeAt(at));
  return {
    longest: entries.reduce((most, { length }) => Math.max(most, length), 0),
    longestAt: (text, at) => {
      let range = start(text, at);
      let longest = 0;
      for (let depth = 1; range; depth += 1) {
        const { low, high } = range;
        if (entries[low]?.length === depth) longest = depth;
        // Usual, and quicker than one letter after the other.
        if (high - low === 1)
          return text.startsWith(entries[low] ?? '', at) ? (entries[low]?.length ?? 0) : longest;
        range = narrowed(entries, { range, depth, letter: text.charCodeAt(at + depth) });
      }
      return longest;
    },
    isBeginning: (text, at) => {
      const rest = text.length - at;
      let range = start(text, at);
      for (let depth = 1; range && depth < rest; depth += 1)
        range = narrowed(entries, { range, depth, letter: text.charCodeAt(at + depth) });
      return range !== undefined && (entries[range.high - 1]?.length ?? 0) > rest;
    },
  };
}

function byFirstLetter(entries: readonly string[]): ReadonlyMap<number, Range> {
  const firsts = new Map<number, Range>();
  entries.forEach((entry, at) => {
    const letter = entry.charCodeAt(0);
    firsts.set(letter, { low: firsts.get(letter)?.low ?? at, high: at + 1 });
  });
  return firsts;
}

interface Narrow {
  readonly range: Range;
  readonly depth: number;
  /** NaN at the end of the text, which no entry holds. */
  readonly letter: number;
}

function narrowed(entries: readonly string[], { range, depth, letter }: Narrow): Range | undefined {
  const low = firstWhere(range, (at) => letterOf(entries, at, depth) >= letter);
  const high = firstWhere({ low, high: range.high }, (at) => letterOf(entries, at, depth) > letter);
  return low < high ? { low, high } : undefined;
}

/** An entry that ends before is sorted before all that go on. */
function letterOf(entries: readonly string[], at: number, depth: number): number {
  const entry = entries[at] ?? '';
  return depth < entry.length ? entry.charCodeAt(depth) : -1;
}

function firstWhere({ low, high }: Range, holds: (at: number) => boolean): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
