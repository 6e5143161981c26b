/**
 * Globs in order, `!` takes out again and the last one that matches decides. No patterns, everything matches; only `!` patterns,
 * everything else matches. `*` and `?` stay within a folder, `**` is any number of folders, also as in `**.md`, `{a,b}` is either; the
 * rest is literal, as in `app/[slug]/(shop)`. What is made of the patterns is made once, however many values are compared.
 */
export function createPatternMatcher(patterns: readonly string[]): (value: string) => boolean {
  const last = patterns.filter((pattern, at) => patterns.lastIndexOf(pattern) === at);
  const globs = last.map(toGlob);
  return (value) => {
    if (globs.length === 0) return true;
    const folders = value.split('/').map(toName);
    const decisive = globs.findLast(({ choices }) => choices.some((choice) => isLike(choice, folders)));
    return decisive ? !decisive.excludes : globs.every(({ excludes }) => excludes);
  };
}

export function matchesPatterns(patterns: readonly string[], value: string): boolean {
  return createPatternMatcher(patterns)(value);
}

/** One folder or file of a path or of a pattern. */
interface Name {
  readonly text: string;
  readonly letters: readonly string[];
  readonly isWild: boolean;
}

interface Glob {
  readonly excludes: boolean;
  readonly choices: readonly (readonly Name[])[];
}

function toGlob(pattern: string): Glob {
  const excludes = pattern.startsWith('!');
  const choices = [...new Set(choicesOf(excludes ? pattern.slice(1) : pattern))];
  return { excludes, choices: choices.map(toNames) };
}

const FOLDERS = '**';

function toNames(choice: string): Name[] {
  const parts = choice.replace(/^\.\//, '').split('/');
  return parts.flatMap(apart).map((part) => toName(part === FOLDERS ? part : part.replace(/\*+/g, '*')));
}

/** `**.md` is a file like `*.md` in any folder, `docs**` anything in a folder like `docs*`: as GitHub reads them. */
function apart(part: string): string[] {
  if (/^\*+$/.test(part)) return [part.length > 1 ? FOLDERS : part];
  const before = part.startsWith(FOLDERS) ? [FOLDERS] : [];
  return [...before, part, ...(part.endsWith(FOLDERS) ? [FOLDERS] : [])];
}

function toName(text: string): Name {
  return { text, letters: Array.from(text), isWild: /[*?]/.test(text) };
}

function isLike(pattern: readonly Name[], value: readonly Name[]): boolean {
  return wild({ pattern, value, isStar: ({ text }) => text === FOLDERS, fits: fitsName });
}

function fitsName(pattern: Name, name: Name): boolean {
  if (!pattern.isWild) return pattern.text === name.text;
  return wild({
    pattern: pattern.letters,
    value: name.letters,
    isStar: (sign) => sign === '*',
    fits: (sign, letter) => sign === '?' || sign === letter,
  });
}

interface Wild<Part> {
  readonly pattern: readonly Part[];
  readonly value: readonly Part[];
  readonly isStar: (pattern: Part) => boolean;
  readonly fits: (pattern: Part, value: Part) => boolean;
}

/**
 * By hand and without regular expressions: the name comes from a stranger, and no pattern may make it slow. Only the star before ever has
 * to give way, and the last one takes all that what follows it leaves over.
 */
function wild<Part>({ pattern, value, isStar, fits }: Wild<Part>): boolean {
  const lastStar = pattern.findLastIndex(isStar);
  const end = lastStar === -1 ? value.length : value.length - (pattern.length - lastStar - 1);
  let at = 0;
  let index = 0;
  let star: { after: number; taken: number } | undefined;
  while (index < value.length) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      const isLast = at === lastStar;
      if (isLast && end < index) return false;
      at += 1;
      star = isLast ? undefined : { after: at, taken: index };
      index = isLast ? end : index;
    } else if (part !== undefined && fits(part, value[index] as Part)) {
      at += 1;
      index += 1;
    } else if (star) {
      star = { after: star.after, taken: star.taken + 1 };
      ({ after: at, taken: index } = star);
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isStar);
}

const MAX_CHOICES = 64;

const GROUP = /\{([^{}]*,[^{}]*)\}/;

/** `{a,b}/{c,d}` written out, up to one more than are allowed. */
function choicesOf(glob: string): string[] {
  const open = GROUP.exec(glob);
  if (!open) return [glob];
  const [group, inner = ''] = open;
  const before = glob.slice(0, open.index);
  const after = choicesOf(glob.slice(open.index + group.length));
  const all = inner.split(',').flatMap((choice) => after.map((rest) => `${before}${choice}${rest}`));
  return all.slice(0, MAX_CHOICES + 1);
}

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
