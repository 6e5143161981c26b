import { isMap, isNode, isScalar, isSeq, type LineCounter, visit, type Document } from 'yaml';
import { nestsDeeperThan, parseYaml } from '../shared/yaml-text.js';
import { isRecord, type Position, quoted, type TextProblem, toCamel } from './problem.js';

export type Path = readonly (string | number)[];

/** A file as plain data, with a function that finds the line of a key. */
export interface YamlText {
  readonly value: Record<string, unknown>;
  readonly locate: (path: Path) => Position;
  readonly problems: readonly TextProblem[];
}

const START: Position = { line: 1, column: 1 };
const MAX_BYTES = 32 * 1024;
const MAX_NESTING = 40;

/** The result for a file that cannot be read at all. */
export function unreadableYaml(message: string): YamlText {
  return broken([{ message, ...START }]);
}

/** Never throws, for any text. */
export function readYaml(text: string): YamlText {
  const unreadable = whyUnreadable(text);
  if (unreadable) return unreadableYaml(unreadable);
  const { parsed, lines } = parseYaml(text);
  const at = (offset: number | undefined): Position => toPosition(lines, offset);
  const problems = [...syntaxProblems(parsed, at), ...refusedNodes(parsed, at)];
  if (problems.length > 0) return broken(problems.slice(0, 10));
  const value: unknown = parsed.toJS() ?? {};
  if (!isRecord(value))
    return broken([{ message: 'must be a list of keys, such as "build: npm ci"', ...START }]);
  return { value, problems: [], locate: (path) => at(offsetOf(parsed.contents, path)) };
}

/** Checked before parsing. */
function whyUnreadable(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_BYTES)
    return 'is larger than 32 KiB; move what is not a setting out of it';
  if (/[\u0000\ufffd]/.test(text)) return 'is not UTF-8 text; save it as UTF-8';
  if (nestsDeeperThan(MAX_NESTING, text))
    return `nests deeper than ${String(MAX_NESTING)} levels; make it flatter`;
  return undefined;
}

function syntaxProblems(parsed: Document, at: (offset: number) => Position): TextProblem[] {
  return parsed.errors.map((error) => {
    const [first = 'is not valid YAML'] = error.message.split('\n');
    return { message: HINTS[error.code] ?? `is not valid YAML: ${quoted(first)}`, ...at(error.pos[0]) };
  });
}

const TAG_HINT = 'uses a YAML tag (!); tags are not supported, write the plain value';
const HINTS: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented with a tab; use spaces',
  DUPLICATE_KEY: 'has this key twice; keep one of them',
  MULTIPLE_DOCS: 'holds several documents; remove the line "---" between them',
  NON_STRING_KEY: 'has a key that is not text; write it as a plain word',
};

const PROTO_HINT = 'has the key "__proto__", which would be lost on the way; choose another name';

/** Aliases can expand without limit and tags create objects that are not plain data. The settings need neither. */
function refusedNodes(parsed: Document, at: (offset: number | undefined) => Position): TextProblem[] {
  const found: TextProblem[] = [];
  visit(parsed, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        found.push({ message: PROTO_HINT, ...at(key.range?.[0]) });
    },
    Alias: (_, { range }) =>
      void found.push({ message: 'uses a YAML alias (*); write the value out', ...at(range?.[0]) }),
    Value: (_, { tag, range }) => {
      if (tag !== undefined) found.push({ message: TAG_HINT, ...at(range?.[0]) });
    },
  });
  return found;
}

/** The node of the key, or the nearest node around it when the key is missing. */
function offsetOf(contents: unknown, path: Path): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const step of path) {
    const { shown, inner } = childOf(node, step);
    if (!isNode(shown)) return offset;
    offset = shown.range?.[0];
    node = inner;
  }
  return offset;
}

function childOf(node: unknown, step: string | number): { shown?: unknown; inner?: unknown } {
  if (isSeq(node)) return { shown: node.items[Number(step)], inner: node.items[Number(step)] };
  if (!isMap(node)) return {};
  const pair = node.items.find(({ key }) => {
    const name = isScalar(key) ? String(key.value) : '';
    return name === step || toCamel(name) === step;
  });
  return { shown: pair?.key, inner: pair?.value };
}

function toPosition(lines: LineCounter, offset: number | undefined): Position {
  if (offset === undefined) return START;
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function broken(problems: readonly TextProblem[]): YamlText {
  return { value: {}, problems, locate: () => START };
}
