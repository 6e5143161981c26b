/** A path with one `*` (any rest) and `:name` segments, as `_headers` and `_redirects` write it. */
export interface PathPattern {
  /** What the wildcards stand for in this path; null when it does not match. The star is called `splat`. */
  match(path: string): ReadonlyMap<string, string> | null;
}

const PLACEHOLDER = /^:[A-Za-z]\w*$/;

export interface PatternOptions {
  /** `/old` and `/old/` are one. */
  readonly anySlash?: boolean;
}

/** Null when the pattern is not one we can honour. It may be percent-encoded; paths are matched decoded. */
export function parsePattern(source: string, { anySlash = false }: PatternOptions = {}): PathPattern | null {
  if (!source.startsWith('/') || source.split('*').length > 2) return null;
  const names: string[] = [];
  const either = anySlash && source !== '/' && !source.endsWith('*');
  const path = either ? source.replace(/\/$/, '') : source;
  const segments = path.split('/').map((segment) => segmentSource(segment, names));
  if (new Set(names).size !== names.length) return null;
  // Every part is escaped, and no two wildcards touch: the expression runs in linear time.
  const expression = new RegExp(`^${optionalRest(segments.join('/'), source)}${either ? '/?' : ''}$`, 'su');
  return { match: (path) => collect(expression.exec(path), names) };
}

/** Puts the values back into the target of a rule. Unknown names stay as they are. */
export function fillPattern(target: string, values: ReadonlyMap<string, string>): string {
  return target.replace(/:([A-Za-z]\w*)/g, (whole, name: string) => values.get(name) ?? whole);
}

function segmentSource(segment: string, names: string[]): string {
  if (PLACEHOLDER.test(segment)) {
    names.push(segment.slice(1));
    return '([^/]+)';
  }
  const parts = segment.split('*').map((part) => decoded(part).replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&'));
  if (parts.length > 1) names.push('splat');
  return parts.join('(.*)');
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

/** `/docs/*` means `/docs` too, as Netlify has it. */
function optionalRest(expression: string, source: string): string {
  if (!source.endsWith('/*') || source === '/*') return expression;
  return expression.replace(/\/\(\.\*\)$/, '(?:/(.*))?');
}

function collect(found: RegExpExecArray | null, names: readonly string[]): Map<string, string> | null {
  if (found === null) return null;
  return new Map(names.map((name, index) => [name, found[index + 1] ?? '']));
}
