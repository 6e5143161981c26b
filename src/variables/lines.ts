import { MAX_VARIABLES, variableNameProblem, variableValueProblem } from './names.js';

interface VariableLines {
  readonly values: Readonly<Record<string, string>>;
  /** They name the line, never the value. */
  readonly problems: readonly string[];
}

interface Statement {
  readonly line: number;
  readonly name: string;
  readonly value: string;
  readonly open: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/**
 * One `KEY=VALUE` per line; `#` begins a comment line. A quoted value may span lines, as a PEM key does. Double quotes understand \n and
 * \", single quotes no escapes. An unquoted value ends with its line and is used as it is: nothing is expanded or executed.
 */
export function parseVariableLines(text: string): VariableLines {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const statement of statements(text)) {
    const problem = problemWith(statement, values);
    if (problem) problems.push(`line ${String(statement.line)} ${problem}`);
    if (!problem) values.set(statement.name, statement.value);
  }
  return { values: Object.fromEntries(values), problems };
}

/** Everything in the text that may be a secret, also in refused and broken lines. It is masked before any line is printed. */
export function valuesIn(text: string): string[] {
  return [...statements(text)]
    .map(({ value, open }) => (open ? value.slice(1) : value))
    .filter((value) => value !== '');
}

function problemWith(
  { name, value, open }: Statement,
  values: ReadonlyMap<string, string>,
): string | undefined {
  if (open) return 'opens a quote that is never closed';
  if (values.has(name)) return 'gives a name for the second time; keep one of them';
  if (values.size >= MAX_VARIABLES) return `is one more than the ${String(MAX_VARIABLES)} variables that fit`;
  return variableNameProblem(name) ?? variableValueProblem(value);
}

/** A comment or an empty line, else name, `=` and a value in double quotes, in single quotes, or up to the end of the line. */
const STATEMENT =
  /[ \t]*(?:(?:#[^\n]*)?(?=\n|$)|([^=\n]*)(=[ \t]*(?:"([^"\\]*(?:\\[^][^"\\]*)*)"[ \t]*(?=\n|$)|'([^']*)'[ \t]*(?=\n|$)|([^\n]*)))?)(?:\n|$)/y;

function* statements(input: string): Generator<Statement> {
  const text = input.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const scanner = new RegExp(STATEMENT);
  let line = 1;
  while (scanner.lastIndex < text.length) {
    const [whole = '', ...groups] = scanner.exec(text) ?? [];
    const [name, rest, double, single, bare] = groups;
    if (whole === '') return;
    if (name !== undefined) yield { line, ...toStatement({ name, rest, double, single, bare }) };
    line += whole.split('\n').length - 1;
  }
}

type Parts = Readonly<Record<'name' | 'rest' | 'double' | 'single' | 'bare', string | undefined>>;

/** A line without `=` has no name. The whole line is masked, because it may be part of a key. */
function toStatement({ name = '', rest, double, single, bare = '' }: Parts): Omit<Statement, 'line'> {
  if (rest === undefined) return { name: '', value: name.trim(), open: false };
  const value = double === undefined ? (single ?? bare.trim()) : unescape(double);
  return { name: name.trim(), value, open: /^(?:"[^"]*|'[^']*)$/.test(bare) };
}

function unescape(text: string): string {
  return text.replace(/\\([^])/g, (whole, sign: string) => ESCAPES[sign] ?? whole);
}
