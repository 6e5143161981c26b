/** A path with one `*` (any rest) and `:name` segments, as `_headers` and `_redirects` write it. */
export interface PathPattern {
  /** The values of the wildcards in this path; null when it does not match. The value of the star is named `splat`. */
  match(path: string): ReadonlyMap<string, string> | null;
}

const PLACEHOLDER = /^:[A-Za-z]\w*$/;
const MAX_NAMES = 10;

/** Describes a valid pattern, for the note about an invalid one. */
export const PATTERN_FORM = `write /path, /path/* or /:name, with one * and ${MAX_NAMES} names at most`;

interface PatternOptions {
  /** `/old` and `/old/` are the same pattern. */
  readonly anySlash?: boolean;
}

/** Null when the pattern is not supported. It may be percent-encoded; it is compared with decoded paths. */
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

/** Puts the values into the target of a rule. Unknown names stay as they are. */
export function fillPattern(target: string, values: ReadonlyMap<string, string>): string {
  return target.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => values.get(name) ?? whole);
}

/** The part before the star, or the part after it. */
interface Part {
  readonly names: readonly string[];
  /** One text or placeholder a segment, as a regular expression. */
  readonly expression: string;
  /** The text up to its first slash, and how many slashes there are. */
  readonly lead: string;
  readonly slashes: number;
}

/** `joint` is the segment next to the star: it is always literal text. */
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

/** Every segment is literal or ends at the next slash, so a path can match in only one way, found in linear time. */
function wholeMatcher({ expression }: Part): Matcher {
  const whole = new RegExp(`^${expression}$`, 's');
  return (path) => whole.exec(path)?.slice(1) ?? null;
}

/**
 * The part after the star has a known number of slashes, so its beginning is found by counting from the end of the path. A regular
 * expression with the star in it would try every position.
 */
function starMatcher({ head, tail, source }: { head: Part; tail: Part; source: string }): Matcher {
  // `/docs/*` matches `/docs` too, as on Netlify.
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

/** Index of the slash that is the `count`-th from the end; the length of the path for 0; -1 when there are fewer. */
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

/** Returns the text unchanged when it cannot be decoded. */
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
