/** A path with one `*` (any rest) and `:name` segments, as `_headers` and `_redirects` write it. */
export interface PathPattern {
  /** What the wildcards stand for in this path; null when it does not match. The star is called `splat`. */
  match(path: string): ReadonlyMap<string, string> | null;
}

const PLACEHOLDER = /^:[A-Za-z]\w*$/;
const MAX_NAMES = 10;

/** What a pattern must look like, for whoever wrote another. */
export const PATTERN_FORM = `write /path, /path/* or /:name, with one * and ${MAX_NAMES} names at most`;

interface PatternOptions {
  /** `/old` and `/old/` are one. */
  readonly anySlash?: boolean;
}

/** Null when the pattern is not one we can honour. It may be percent-encoded; paths are matched decoded. */
export function parsePattern(source: string, { anySlash = false }: PatternOptions = {}): PathPattern | null {
  const either = anySlash && source !== '/' && !source.endsWith('*');
  const [before = '', after, ...more] = (either ? source.replace(/\/$/, '') : source).split('*');
  if (!source.startsWith('/') || more.length > 0) return null;
  const head = after === undefined ? partOf(before) : partOf(before, -1);
  const tail = after === undefined ? null : partOf(after, 0);
  const names = [...head.names, ...(tail === null ? [] : ['splat', ...tail.names])];
  if (new Set(names).size !== names.length || names.length > MAX_NAMES + 1) return null;
  const values = tail === null ? wholeMatcher(head) : starMatcher({ head, tail, source });
  return {
    match(path) {
      const found = values(either && path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
      return found && new Map(names.map((name, index) => [name, found[index] ?? '']));
    },
  };
}

/** Puts the values back into the target of a rule. Unknown names stay as they are. */
export function fillPattern(target: string, values: ReadonlyMap<string, string>): string {
  return target.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => values.get(name) ?? whole);
}

/** What stands before the star, or after it. */
interface Part {
  readonly names: readonly string[];
  /** One text or placeholder a segment, as a regular expression. */
  readonly expression: string;
  /** The text up to its first slash, and how many slashes there are. */
  readonly lead: string;
  readonly slashes: number;
}

/** `joint` is the segment that touches the star: it is text, whatever it looks like. */
function partOf(source: string, joint?: number): Part {
  const segments = source.split('/');
  const isName = (segment: string, index: number) =>
    index !== (joint === -1 ? segments.length - 1 : joint) && PLACEHOLDER.test(segment);
  const [lead = '', ...others] = segments.map(decoded).join('/').split('/');
  return {
    names: segments.filter(isName).map((segment) => segment.slice(1)),
    expression: segments
      .map((segment, index) => (isName(segment, index) ? '([^/]+)' : escaped(decoded(segment))))
      .join('/'),
    lead,
    slashes: others.length,
  };
}

type Matcher = (path: string) => readonly string[] | null;

/** Every segment is a text or runs to the next slash, so there is one way to match, found in linear time. */
function wholeMatcher({ expression }: Part): Matcher {
  const whole = new RegExp(`^${expression}$`, 's');
  return (path) => whole.exec(path)?.slice(1) ?? null;
}

/**
 * What follows the star has a known number of slashes, so where it begins is counted from the end of the path: an expression with the
 * star in it would try every place.
 */
function starMatcher({ head, tail, source }: { head: Part; tail: Part; source: string }): Matcher {
  // `/docs/*` means `/docs` too, as Netlify has it.
  const open = source.endsWith('/*') && source !== '/*';
  const first = new RegExp(open ? `^${head.expression.slice(0, -1)}(?:/|$)` : `^${head.expression}`, 's');
  const last = new RegExp(`${tail.expression}$`, 'sy');
  return (path) => {
    const start = first.exec(path);
    const from = slashFromEnd(path, tail.slashes) - tail.lead.length;
    if (start === null || from < start[0].length) return null;
    last.lastIndex = from;
    const end = last.exec(path);
    return end && [...start.slice(1), path.slice(start[0].length, from), ...end.slice(1)];
  };
}

/** Where the last `count` slashes of the path begin; its length for none, -1 when it has fewer. */
function slashFromEnd(path: string, count: number): number {
  let at = path.length;
  for (let left = count; left > 0; left -= 1) {
    if (at <= 0) return -1;
    at = path.lastIndexOf('/', at - 1);
  }
  return at;
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&');
}

/** What cannot be decoded stands for itself. */
function decoded(text: string): string {
  const plain = text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
  return plain.normalize('NFC');
}
