import { VitrineError } from '../../shared/errors.js';

/** What a shell would act on. No shell runs the command, so that nothing of it is understood in another way than it is written. */
const SHELL = /[|&;<>()$`*?[\]{}~#!\n\r]/;

interface Said {
  /** What the line is. */
  readonly what: string;
  /** Where a line goes that needs a shell. */
  readonly instead: string;
}

const START: Said = {
  what: 'The start command',
  instead: 'the script "start" of package.json, and use "npm start"',
};

/** A command line as its words: quotes and backslashes are read as a shell reads them. Throws for all else that a shell would do. */
export function splitCommandLine(line: string, said: Said = START): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === "'" || char === '"') {
      const quoted = readQuoted({ line, at, said });
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\') {
      at += 1;
      if (at === line.length) throw refused(said, 'ends with a backslash');
      word = (word ?? '') + (line[at] ?? '');
    } else if (SHELL.test(char)) {
      throw refused(said, `has "${printable(char)}", which needs a shell`);
    } else if (char === ' ' || char === '\t') {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return checked(words, said);
}

interface Quoted {
  readonly line: string;
  /** Of the quote. */
  readonly at: number;
  readonly said: Said;
}

/** In single quotes everything is text; in double quotes a shell would still act on `$` and backticks. */
function readQuoted({ line, at: start, said }: Quoted): { readonly text: string; readonly end: number } {
  const quote = line[start];
  let text = '';
  for (let at = start + 1; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === quote) return { text, end: at };
    if (quote === '"' && (char === '$' || char === '`'))
      throw refused(said, `has "${char}" in quotes, which needs a shell`);
    if (quote === '"' && char === '\\' && /["\\$`]/.test(line[at + 1] ?? '')) {
      at += 1;
      text += line[at] ?? '';
    } else text += char;
  }
  throw refused(said, 'has a quote that is not closed');
}

function checked(words: readonly string[], said: Said): readonly string[] {
  const [first] = words;
  if (first === undefined || first === '') throw refused(said, 'is empty');
  if (/^[A-Za-z_]\w*=/.test(first))
    throw refused(
      said,
      `begins with a variable ("${first.slice(0, first.indexOf('='))}"), which needs a shell`,
    );
  return words;
}

function printable(char: string): string {
  return char === '\n' || char === '\r' ? 'a line break' : char;
}

function refused({ what, instead }: Said, problem: string): VitrineError {
  return new VitrineError(
    'unprocessable',
    `${what} ${problem}. Only a program and its arguments are possible, with quotes where one has spaces. Put everything else into ${instead}.`,
  );
}
