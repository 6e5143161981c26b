import { choicesOf, GROUP, MAX_CHOICES } from './pattern-choices.js';

const MAX_LENGTH = 200;
const MAX_IN_LIST = 256;

/** Why a pattern cannot be used or would never match anything, or undefined. */
export function patternProblem(pattern: string): string | undefined {
  const glob = pattern.replace(/^!/, '');
  if (glob === '' || glob.length > MAX_LENGTH)
    return `must be a pattern of 1 to ${String(MAX_LENGTH)} characters`;
  if (glob.trim() !== glob) return 'begins or ends with a space, as no path does; remove it';
  const choices = choicesOf(glob);
  if (choices.length > MAX_CHOICES)
    return `stands for more than ${String(MAX_CHOICES)} patterns with its "{,}"; write a few`;
  if (choices.some((choice) => GROUP.test(choice)))
    return 'has "{,}" inside "{,}"; write the choices side by side, such as "{a,b,c}"';
  return choices.map(neverMatches).find((problem) => problem !== undefined);
}

/** Paths and branches begin and end with a name, and have no `.` or `..` in them. */
function neverMatches(choice: string): string | undefined {
  const glob = choice.replace(/^\.\//, '');
  if (glob.startsWith('/')) return 'begins with "/", as no path does here; leave it out';
  if (glob.endsWith('/')) return 'ends with "/", as no path does; for a whole folder write "folder/**"';
  if (/\/\/|(?:^|\/)\.{1,2}(?:\/|$)/.test(glob))
    return 'has "//", "." or ".." in it, as no path does; leave it out';
  return undefined;
}

/** Every pattern of a list is tried on every file: all choices together have a limit too. */
export function patternListProblem(patterns: readonly string[]): string | undefined {
  const choices = [...new Set(patterns)].flatMap(choicesOf);
  if (choices.length <= MAX_IN_LIST) return undefined;
  return `stands for more than ${String(MAX_IN_LIST)} patterns with its "{,}"; write fewer`;
}
