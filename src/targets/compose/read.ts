import { type Alias, isAlias, isMap, isScalar, isSeq, visit } from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { nestsDeeperThan, parseYaml } from '../../shared/yaml-text.js';

/** A value of the file, and the line that it stands on. Anchors, aliases and merge keys are written out. */
export type Lined = LinedMap | LinedList | LinedScalar;

export interface LinedMap {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: ReadonlyMap<string, LinedEntry>;
}

export interface LinedEntry {
  /** Of the key: for one that a merge key brought, where it is written. */
  readonly line: number;
  readonly value: Lined;
}

export interface LinedList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly Lined[];
}

export interface LinedScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: string | number | boolean | null;
  /** As it is written: 1.10 is not 1.1 for people who name versions. */
  readonly text: string;
}

/** Why the file cannot be used: the end of a sentence about its line. */
export interface ComposeProblem {
  readonly line: number;
  readonly message: string;
}

const MAX_BYTES = 256 * 1024;
const MAX_NESTING = 40;

/** Aliases can expand without limit. */
const MAX_VALUES = 20_000;

/** Never returns half a file: what cannot be read whole is refused. */
export function readComposeFile(text: string): LinedMap | ComposeProblem {
  const unreadable = whyUnreadable(text);
  if (unreadable !== null) return { line: 1, message: unreadable };
  const { parsed, lines } = parseYaml(text);
  const lineOf = (offset: number | undefined) => Math.max(1, lines.linePos(offset ?? 0).line);
  const [error] = parsed.errors;
  if (error) return { line: lineOf(error.pos[0]), message: HINTS[error.code] ?? syntax(error.message) };
  try {
    const targets = aliasTargets(parsed, lineOf);
    const root = expand(parsed.contents, { targets, lineOf, values: { count: 0 }, depth: 0, line: 1 });
    if (root.kind === 'map') return root;
    return { line: 1, message: 'must be a list of keys with "services:" among them' };
  } catch (failure) {
    if (failure instanceof Unusable) return { line: failure.line, message: failure.message };
    throw failure;
  }
}

function whyUnreadable(text: string): string | null {
  if (Buffer.byteLength(text) > MAX_BYTES) return 'is larger than 256 KiB; shorten it';
  if (/[\u0000\ufffd]/.test(text)) return 'is not UTF-8 text; save it as UTF-8';
  if (nestsDeeperThan(MAX_NESTING, text)) return TOO_DEEP;
  return null;
}

const TOO_DEEP = `nests deeper than ${String(MAX_NESTING)} levels; make it flatter`;

const HINTS: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
  DUPLICATE_KEY: 'has this key twice; keep one of them',
  MULTIPLE_DOCS: 'holds several documents; remove the line "---" between them',
  NON_STRING_KEY: 'has a key that is not text; write it as a plain word',
};

function syntax(message: string): string {
  const [first = ''] = message.split('\n');
  return `is not valid YAML: ${first.slice(0, 200)}`;
}

/** Ends the reading of a file. */
class Unusable extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** What each alias stands for: the value that had the anchor last before it. A tag ends the reading. */
function aliasTargets(parsed: Document, lineOf: Reading['lineOf']): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(parsed, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value(_, node) {
      // `!reset` and `!override` change what is merged; other tags make values that are not plain data.
      if (node.tag !== undefined)
        throw new Unusable(lineOf(node.range?.[0]), 'uses a YAML tag (!); write the plain value');
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

interface Reading {
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly lineOf: (offset: number | undefined) => number;
  /** Shared by the whole file. */
  readonly values: { count: number };
  readonly depth: number;
  /** Of what is around it. */
  readonly line: number;
}

function expand(node: unknown, around: Reading): Lined {
  const line = isNodeWithRange(node) ? around.lineOf(node.range?.[0]) : around.line;
  const reading = { ...around, line, depth: around.depth + 1 };
  around.values.count += 1;
  if (around.values.count > MAX_VALUES)
    throw new Unusable(
      line,
      `has more than ${MAX_VALUES.toLocaleString('en')} values with its aliases written out; shorten it`,
    );
  if (reading.depth > MAX_NESTING) throw new Unusable(line, TOO_DEEP);
  if (isAlias(node)) return expand(resolve(node, reading), reading);
  if (isMap(node)) return { kind: 'map', line, entries: entriesOf(node, reading) };
  if (isSeq(node)) return { kind: 'list', line, items: node.items.map((item) => expand(item, reading)) };
  const value: unknown = isScalar(node) ? node.value : null;
  if (isPlain(value)) return { kind: 'scalar', line, value, text: textOf(node, value) };
  throw new Unusable(line, 'has a value that is no text, number or list; write it in quotes');
}

function isNodeWithRange(node: unknown): node is Node {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node);
}

function isPlain(value: unknown): value is LinedScalar['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function textOf(node: unknown, value: LinedScalar['value']): string {
  const source = isScalar(node) ? node.source : undefined;
  return typeof value === 'string' ? value : (source ?? String(value));
}

function resolve(alias: Alias, { targets, line }: Reading): unknown {
  const found = targets.get(alias);
  if (!found)
    throw new Unusable(line, `uses the alias *${alias.source.slice(0, 40)}, which is not set before it`);
  return found;
}

const MERGE = '<<';

/** Keys of the map itself come before merged ones, and earlier merged maps before later ones: https://yaml.org/type/merge.html */
function entriesOf(map: YAMLMap, reading: Reading): Map<string, LinedEntry> {
  const own: [string, LinedEntry][] = [];
  const merged: [string, LinedEntry][] = [];
  for (const pair of map.items) {
    const { name, line } = keyOf(pair, reading);
    const value = expand(pair.value, { ...reading, line });
    if (name === MERGE) merged.push(...mergedEntries(value));
    else own.push([name, { line, value }]);
  }
  return new Map([...merged.reverse(), ...own]);
}

function keyOf({ key }: Pair, { lineOf, line }: Reading): { name: string; line: number } {
  if (!isScalar(key)) throw new Unusable(line, 'has a key that is not text; write it as a plain word');
  return { name: String(key.value), line: lineOf(key.range?.[0]) };
}

function mergedEntries(value: Lined): [string, LinedEntry][] {
  if (value.kind === 'map') return [...value.entries];
  if (value.kind === 'list')
    return value.items.flatMap((item) => (item.kind === 'list' ? wrongMerge(item) : mergedEntries(item)));
  return wrongMerge(value);
}

function wrongMerge({ line }: Lined): never {
  throw new Unusable(line, 'merges (<<) something that is no group of keys');
}
