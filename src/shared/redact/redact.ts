import { formsOf } from './forms.js';
import { createMatcher, type Matcher, type Span } from './matcher.js';

export const MASK = '***';

/** Takes secrets out of text, whole or in pieces of any size. */
interface Redactor {
  readonly redact: (text: string) => string;
  /** For a stream: gives back what is certain and keeps what may be the beginning of a secret. */
  readonly push: (chunk: string) => string;
  /** The rest of the stream. */
  readonly end: () => string;
}

export function createRedactor(secrets: readonly string[]): Redactor {
  const matcher = createMatcher([...new Set(secrets.flatMap(formsOf))]);
  let held: Held = { text: '', hidden: 0 };
  const flow = (chunk: string, upTo: (text: string) => number): string => {
    const text = held.text + chunk;
    const { shown, rest } = mask({ text, hidden: held.hidden, until: upTo(text), matcher });
    held = rest;
    return shown;
  };
  return {
    redact: (text) => mask({ text, hidden: 0, until: text.length, matcher }).shown,
    push: (chunk) => flow(chunk, matcher.tail),
    end: () => flow('', (text) => text.length),
  };
}

/** Text that waits for the next piece; its first `hidden` characters belong to a secret whose mask is already out. */
interface Held {
  readonly text: string;
  readonly hidden: number;
}

interface MaskInput extends Held {
  readonly until: number;
  readonly matcher: Matcher;
}

function mask({ text, hidden, until, matcher }: MaskInput): { shown: string; rest: Held } {
  const spans = withHidden(matcher.spans(text), hidden);
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of spans.filter((span) => span.start < until)) {
    pieces.push(text.slice(at, start), start === 0 && hidden > 0 ? '' : MASK);
    at = Math.min(end, until);
  }
  pieces.push(text.slice(at, until));
  const open = spans.find(({ start, end }) => start < until && end > until);
  const still = Math.max(0, hidden - until, open ? open.end - until : 0);
  return { shown: pieces.join(''), rest: { text: text.slice(until), hidden: still } };
}

/** A match that began in an earlier piece continues, joined with the matches that overlap it. */
function withHidden(spans: Span[], hidden: number): Span[] {
  if (hidden === 0) return spans;
  const touching = spans.filter(({ start }) => start < hidden);
  const end = Math.max(hidden, ...touching.map((span) => span.end));
  return [{ start: 0, end }, ...spans.filter(({ start }) => start >= hidden)];
}
