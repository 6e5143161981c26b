import { Lexer, LineCounter, parseDocument } from 'yaml';

/** Wider than any readable file is indented. */
const MAX_INDENT = 120;

// https://eemeli.org/yaml/#lexer: the token after this one is a scalar, so brackets in it are text.
const SCALAR = '\u001f';
const STEPS: ReadonlyMap<string, number> = new Map([
  ['[', 1],
  ['{', 1],
  [']', -1],
  ['}', -1],
]);

/**
 * Whether a YAML text nests deeper than `most` levels. Asked before parsing: thousands of nested brackets would overflow the stack of the
 * parser and end the process.
 */
export function nestsDeeperThan(most: number, text: string): boolean {
  const indent = text.match(/^(?:[-?:][ \t]|[ \t])+/gm) ?? [];
  if (indent.some((start) => start.length > MAX_INDENT)) return true;
  let depth = 0;
  let before = '';
  for (const token of new Lexer().lex(text)) {
    const steps = before === SCALAR ? 0 : (STEPS.get(token) ?? 0);
    depth = Math.max(0, depth + steps);
    if (depth > most) return true;
    before = token;
  }
  return false;
}

/** How every YAML file of a repository is read. The text must not nest too deep. */
export function parseYaml(text: string) {
  const lines = new LineCounter();
  const parsed = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
    // Not 'silent': it would also hide a second document in the file.
    logLevel: 'error',
  });
  return { parsed, lines };
}
