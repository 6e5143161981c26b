import type { Block, Reading } from './cause.js';
import { continued, nextLine } from './reading.js';

/** `ValueError: ...`, `subprocess.CalledProcessError: ...`, `KeyboardInterrupt`. */
const PYTHON_EXCEPTION = /^[A-Za-z_][\w.]*(?:: .*)?$/;

const PYTHON_FRAME = /^\s+File "([^"]+)", line (\d+)/;

/** The exception comes after the frames. Of a chain the first one is where it began. */
export function readPython({ lines }: Block): Reading | null {
  const at = lines.findIndex((line, index) => index > 0 && /^\S/.test(line));
  const text = lines[at] ?? '';
  if (!PYTHON_EXCEPTION.test(text)) return null;
  return { line: `${text}${ownFrame(lines.slice(0, at))}`, at, last: at + 3 };
}

/** The innermost frame that is not of Python or of a package. */
function ownFrame(lines: readonly string[]): string {
  const frames = lines.flatMap((line) => {
    const [, file = '', number = ''] = PYTHON_FRAME.exec(line) ?? [];
    return file === '' || FOREIGN_FILE.test(file) ? [] : [`${file}:${number}`];
  });
  const frame = frames.at(-1);
  return frame === undefined ? '' : ` (${frame})`;
}

const FOREIGN_FILE = /^<|[/\\](?:site-packages|dist-packages|lib[/\\]python[\d.]+)[/\\]/;

/** A mistake in a file that Python cannot parse: the file is named before. JavaScript has exceptions of that name too. */
export function readPythonSyntax({ before, match }: Block): Reading | null {
  const frame = before.map((line) => PYTHON_FRAME.exec(line)).findLast((found) => found !== null);
  return frame ? { line: `${match[0]} (${frame[1] ?? ''}:${frame[2] ?? ''})` } : null;
}

/** `panic: ...`, then the goroutine with the place. */
export function readPanic({ match, lines }: Block): Reading {
  const frames = lines.map((line) => /^\t(\S+\.go:\d+)/.exec(line)?.[1]);
  const own = frames.find(
    (frame) => frame !== undefined && !/[/\\](?:src[/\\]runtime|pkg[/\\]mod)[/\\]/.test(frame),
  );
  return { line: own === undefined ? match[0] : `${match[0]} (${own})` };
}

/** An uncaught exception of Node: the place, the code, a mark, and then the exception. */
export function readUncaught({ lines, match }: Block): Reading | null {
  const mark = lines.findIndex((line, index) => index > 0 && index < 8 && /^\s*\^+\s*$/.test(line));
  const at = mark === -1 ? -1 : nextLine(lines, mark + 1);
  const text = lines[at];
  if (text === undefined) return null;
  const [, file = '', number = ''] = match;
  const own = FOREIGN_SCRIPT.test(file) ? ownScript(lines.slice(at)) : `${file}:${number}`;
  const words = messageWith(lines, { from: at, text: text.replace(/^Uncaught /, '') });
  return { line: own === undefined ? words.line : `${words.line} (${own})`, at };
}

/** Of Node or of a package. */
const FOREIGN_SCRIPT = /^(?:node:|<)|[/\\]node_modules[/\\]/;

/** The innermost frame in the code of the project. */
function ownScript(lines: readonly string[]): string | undefined {
  const frames = lines.flatMap((line) => /^\s+at (?:.*\()?(.+?:\d+):\d+\)?$/.exec(line)?.[1] ?? []);
  return frames.find((frame) => !FOREIGN_SCRIPT.test(frame.replace(/^async /, '')));
}

/** An exception that a program printed, with what caused it. */
export function readException({ match, lines }: Block): Reading {
  return messageWith(lines, { from: 0, text: (match[1] ?? match[0]).trim() });
}

interface Message {
  readonly from: number;
  readonly text: string;
}

/** The message, with its next line if it ends with a colon, and with the innermost cause. */
function messageWith(lines: readonly string[], { from, text }: Message): { line: string; at: number } {
  const next = text.endsWith(':') ? nextLine(lines, from + 1) : -1;
  if (next !== -1) return { line: continued(text, lines[next] ?? ''), at: next };
  const at = lines.findLastIndex((line, index) => index > from && /^\s+\[cause\]: \S/.test(line));
  if (at === -1) return { line: text, at: from };
  const cause = (lines[at] ?? '').replace(/^\s+\[cause\]: /, '').replace(/ \{$/, '');
  return { line: `${text} (cause: ${cause})`, at };
}
