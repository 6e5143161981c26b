import { createIndex, type Index } from './redact-index.js';

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
