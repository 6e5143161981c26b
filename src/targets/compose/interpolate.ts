import type { ComposeProblem, Lined, LinedEntry, LinedMap, LinedScalar } from './read.js';

/** What `${NAME}` in the file may stand for. The environment of the server is no part of it. */
export interface ComposeScope {
  readonly variables: Readonly<Record<string, string>>;
  /** For `environment` only: elsewhere a value would be shown, by the list of processes or the name of an image. */
  readonly secrets: Readonly<Record<string, string>>;
}

interface Interpolated {
  readonly root: LinedMap;
  readonly problems: readonly ComposeProblem[];
  /** Names that the file asks for without a default, and that are not set. */
  readonly unset: readonly string[];
}

/** Fills in the variables of every value, as Compose does: https://docs.docker.com/reference/compose-file/interpolation/ */
export function interpolate(root: LinedMap, scope: ComposeScope): Interpolated {
  const problems: ComposeProblem[] = [];
  const unset = new Set<string>();
  const fill = (value: Lined, path: readonly string[]): Lined => {
    if (isFree(path)) return value;
    if (value.kind === 'map')
      return { ...value, entries: mapEntries(value, (inner, key) => fill(inner, [...path, key])) };
    if (value.kind === 'list') return { ...value, items: value.items.map((item) => fill(item, path)) };
    const place = { line: value.line, scope, maySeeSecrets: isEnvironment(path), problems, unset };
    return fillScalar(value, place);
  };
  const filled = {
    ...root,
    entries: mapEntries(root, (inner, key) => fill(inner, [key])),
  };
  return { root: filled, problems, unset: [...unset] };
}

/** Extensions, which hold what anchors name, and what the run built with its own variables: nothing of it is passed on. */
function isFree(path: readonly string[]): boolean {
  const [top = '', , key = ''] = path;
  return top.startsWith('x-') || (top === 'services' && (key === 'build' || key.startsWith('x-')));
}

function mapEntries(
  { entries }: LinedMap,
  change: (value: Lined, key: string) => Lined,
): ReadonlyMap<string, LinedEntry> {
  return new Map([...entries].map(([key, { line, value }]) => [key, { line, value: change(value, key) }]));
}

function isEnvironment([top, , key]: readonly string[]): boolean {
  return top === 'services' && key === 'environment';
}

interface Place {
  readonly line: number;
  readonly scope: ComposeScope;
  readonly maySeeSecrets: boolean;
  readonly problems: ComposeProblem[];
  readonly unset: Set<string>;
}

function fillScalar(scalar: LinedScalar, place: Place): LinedScalar {
  if (typeof scalar.value !== 'string' || !scalar.value.includes('$')) return scalar;
  const filled = fillText(scalar.value, { ...place, depth: 0 });
  return { ...scalar, value: filled, text: filled };
}

/** Defaults can hold variables with defaults. */
const MAX_DEPTH = 8;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

function fillText(text: string, place: Place & { readonly depth: number }): string {
  const pieces: string[] = [];
  let rest = text;
  for (let at = rest.indexOf('$'); at !== -1; at = rest.indexOf('$')) {
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
    const { value, length } = expression(rest, place);
    pieces.push(value);
    rest = rest.slice(length);
  }
  return [...pieces, rest].join('');
}

interface Expression {
  readonly value: string;
  /** Of what was read after the `$`. */
  readonly length: number;
}

function expression(rest: string, place: Place & { readonly depth: number }): Expression {
  if (rest.startsWith('$')) return { value: '$', length: 1 };
  const plain = NAME.exec(rest)?.[0];
  if (plain !== undefined)
    return { value: valueOf(plain, place) ?? blank(plain, place), length: plain.length };
  const end = rest.startsWith('{') ? closing(rest) : -1;
  const inner = rest.slice(1, Math.max(1, end));
  const name = NAME.exec(inner)?.[0];
  const [, operator = '', operand = ''] = /^(:?[-?+])?([^]*)$/.exec(inner.slice(name?.length ?? 0)) ?? [];
  if (end === -1 || name === undefined || (operator === '' && operand !== '') || place.depth > MAX_DEPTH) {
    place.problems.push({
      line: place.line,
      message: 'has a "$" that names no variable; write "$$" for the sign',
    });
    return { value: '', length: rest.length };
  }
  return { value: choose({ name, operator, operand }, place), length: end + 1 };
}

/** Where the brace that opens the text is closed; -1 when it is not. */
function closing(text: string): number {
  let depth = 0;
  for (const { index, 0: sign } of text.matchAll(/\$\{|[{}]/g)) {
    if (sign === '}') depth -= 1;
    // A brace without a dollar belongs to the text, such as JSON.
    else if (sign === '${' || index === 0) depth += 1;
    if (depth === 0) return index;
  }
  return -1;
}

interface Chosen {
  readonly name: string;
  readonly operator: string;
  readonly operand: string;
}

function choose({ name, operator, operand }: Chosen, place: Place & { readonly depth: number }): string {
  const value = valueOf(name, place);
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  const inner = () => fillText(operand, { ...place, depth: place.depth + 1 });
  if (operator.endsWith('+')) return isSet ? inner() : '';
  if (isSet) return value;
  if (operator.endsWith('-')) return inner();
  if (!operator.endsWith('?')) return blank(name, place);
  place.problems.push({
    line: place.line,
    message: `needs the variable ${name}, which is not set; set it for the project or the pull request`,
  });
  return '';
}

function valueOf(name: string, { scope, maySeeSecrets, problems, line }: Place): string | undefined {
  if (Object.hasOwn(scope.secrets, name)) {
    if (maySeeSecrets) return scope.secrets[name];
    problems.push({
      line,
      message: `uses the secret ${name} outside of "environment"; a secret may stand there only`,
    });
    return '';
  }
  return Object.hasOwn(scope.variables, name) ? scope.variables[name] : undefined;
}

function blank(name: string, { unset }: Place): string {
  unset.add(name);
  return '';
}
