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

/** Finds overlapping forms too: two secrets that share a few characters are both hidden whole. */
export function createMatcher(forms: readonly string[]): Matcher {
  const byStart = new Map<string, string[]>();
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const start = form.slice(0, 2);
    byStart.set(start, [...(byStart.get(start) ?? []), form]);
  }
  const longest = Math.max(0, ...forms.map(({ length }) => length));
  const firsts = new Set(forms.map((form) => form.charAt(0)));
  return {
    spans: (text) => joined(found(text, byStart)),
    tail: (text) => {
      for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
        const rest = text.slice(at);
        if (rest.length === 1 && firsts.has(rest)) return at;
        const group = byStart.get(rest.slice(0, 2)) ?? [];
        if (group.some((form) => form.length > rest.length && form.startsWith(rest))) return at;
      }
      return text.length;
    },
  };
}

function* found(text: string, byStart: ReadonlyMap<string, string[]>): Generator<Span> {
  for (let at = 0; at + 1 < text.length; at += 1) {
    const form = byStart.get(text.slice(at, at + 2))?.find((candidate) => text.startsWith(candidate, at));
    if (form !== undefined) yield { start: at, end: at + form.length };
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
