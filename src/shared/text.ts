// https://en.wikipedia.org/wiki/ANSI_escape_code: OSC, DCS and their kind up to BEL or ST, then CSI, then short sequences.
const ANSI =
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c|$)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;

const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]/g;

const COLOUR = /^\u001b\[[\d;:]*m$/;

const LINE_BREAK = /\r\n|[\n\u000b\u000c\u0085\u2028\u2029]/;

const BREAKS = new RegExp(`${LINE_BREAK.source}|\r`, 'g');

const OBEYED = new RegExp(`${ANSI.source}|${CONTROL.source}`, 'g');

/** Most lines have nothing in them that a terminal would obey. */
const SPECIAL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * One line of a log that can move no cursor, open no link and begin no event: colours and controls go, line breaks become spaces. Clean
 * before redacting, or a colour in the middle of a secret hides it from the redactor.
 */
export function cleanLine(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(ANSI, '').replace(BREAKS, ' ').replace(CONTROL, '');
}

/** One line of a log as it is shown: like `cleanLine`, but its colours stay. */
export function colouredLine(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(OBEYED, (found) => (COLOUR.test(found) ? found : '')).replace(BREAKS, ' ');
}

/** The lines of a text, each as it is shown. A progress bar that wrote over itself is its last state. */
export function linesOf(text: string): string[] {
  if (!SPECIAL.test(text)) return [text];
  const lines = text.split(LINE_BREAK);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines.map((line) => colouredLine(lastState(line)));
}

/** What a terminal would show of a line that returned to its beginning: the last thing that was written there. */
export function lastState(line: string): string {
  if (!line.includes('\r')) return line;
  const states = line.split('\r');
  return states.findLast((state) => cleanLine(state) !== '') ?? '';
}

/** A name from outside, safe to print and short enough for one line. */
export function quoteName(name: string): string {
  const text = JSON.stringify(name);
  return text.length > 120 ? `${text.slice(0, 116)}..."` : text;
}

/** For people: 812 bytes, 4.2 kB, 98.7 MB. */
export function showBytes(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
