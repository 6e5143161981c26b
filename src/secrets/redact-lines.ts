import { formsOf } from '../shared/redact/forms.js';
import { createMatcher, type Span } from '../shared/redact/matcher.js';
import { MASK } from '../shared/redact/redact.js';

/** Removes the secrets of a deployment from what its run reports. */
export interface ReportRedactor {
  /** Takes secrets out of lines that follow one another, also one that is split over several of them. */
  readonly lines: (lines: readonly string[]) => readonly string[];
  /** Takes secrets out of every text in a value. */
  readonly deep: <T>(value: T) => T;
}

export interface RedactionPorts {
  readonly redactionOf: (deploymentId: string) => Promise<ReportRedactor>;
}

export const REDACTS_NOTHING: ReportRedactor = { lines: (lines) => lines, deep: (value) => value };

/** So many characters at the border of a batch are taken for a part of a secret. Fewer would hide common beginnings. */
const LEAST_PART = 4;

/**
 * Batches of a log arrive in any order, at any of several servers. So a batch hides what is whole in it, and at both of its ends also
 * what may be a part of a secret that goes on in the batch before or after it.
 */
export function createReportRedactor(secrets: readonly string[]): ReportRedactor {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  if (forms.length === 0) return REDACTS_NOTHING;
  const matcher = createMatcher(forms);
  const backwards = createMatcher(forms.map(reversed));
  const ends = (text: string): Span[] => {
    const last = { start: matcher.tail(text), end: text.length };
    const first = { start: 0, end: text.length - backwards.tail(reversed(text)) };
    return [first, last].filter(({ start, end }) => end - start >= LEAST_PART);
  };
  const text = (whole: string) => masked([whole], matcher.spans(whole)).join('');
  return {
    lines(lines) {
      const whole = lines.join('');
      return masked(lines, [...matcher.spans(whole), ...ends(whole)]);
    },
    deep: (value) => mapTexts(value, text),
  };
}

/** Replaces the spans, which count through all lines, in each line that they touch. */
function masked(lines: readonly string[], spans: readonly Span[]): readonly string[] {
  if (spans.length === 0) return lines;
  const hidden = joined(spans);
  let offset = 0;
  return lines.map((line) => {
    const [start, end] = [offset, offset + line.length];
    offset = end;
    const touching = hidden.filter((span) => start < end && span.start < end && span.end > start);
    return maskedLine(
      line,
      touching.map((span) => ({ start: span.start - start, end: span.end - start })),
    );
  });
}

function joined(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && start <= last.end) result.splice(-1, 1, { start: last.start, end: Math.max(last.end, end) });
    else result.push({ start, end });
  }
  return result;
}

function maskedLine(line: string, spans: readonly Span[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end } of spans) {
    pieces.push(line.slice(at, Math.max(at, start)), MASK);
    at = end;
  }
  return [...pieces, line.slice(at)].join('');
}

function reversed(text: string): string {
  return text.split('').reverse().join('');
}

function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => mapTexts(one, change)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)])) as T;
}
