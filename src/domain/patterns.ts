const MAX_LENGTH = 200;
const MAX_BRANCHES = 64;

/**
 * Globs in order, `!` takes out again and the last one that matches decides. No patterns, everything matches; only `!` patterns,
 * everything else matches. `*` and `?` stay within a folder, `**` is any number of folders, `{a,b}` is either; the rest is literal,
 * as in `app/[slug]/(shop)`.
 */
export function matchesPatterns(patterns: readonly string[], value: string): boolean {
  if (patterns.length === 0) return true;
  const decisive = patterns.findLast((pattern) => matches(positive(pattern), value));
  if (decisive !== undefined) return !decisive.startsWith('!');
  return patterns.every((pattern) => pattern.startsWith('!'));
}

export function isUsablePattern(pattern: string): boolean {
  const glob = positive(pattern);
  return glob !== '' && glob.length <= MAX_LENGTH && branches(glob).length <= MAX_BRANCHES;
}

function positive(pattern: string): string {
  return pattern.startsWith('!') ? pattern.slice(1) : pattern;
}

/** By hand and without regular expressions: the name comes from a stranger, and no pattern may make it slow. */
function matches(glob: string, value: string): boolean {
  const folders = value.split('/');
  return branches(glob).some((branch) =>
    wild({ pattern: branch.replace(/^\.\//, '').split('/'), value: folders, star: '**', fits: fitsFolder }),
  );
}

function fitsFolder(pattern: string, folder: string): boolean {
  return wild({
    pattern: Array.from(pattern.replace(/\*+/g, '*')),
    value: Array.from(folder),
    star: '*',
    fits: (sign, letter) => sign === '?' || sign === letter,
  });
}

interface Wild {
  readonly pattern: readonly string[];
  readonly value: readonly string[];
  readonly star: string;
  readonly fits: (pattern: string, value: string) => boolean;
}

/** Only the last star ever has to give way, so the work is at most one length times the other. */
function wild({ pattern, value, star, fits }: Wild): boolean {
  let at = 0;
  let index = 0;
  let last: { after: number; taken: number } | undefined;
  while (index < value.length) {
    const part = pattern[at];
    if (part === star) {
      at += 1;
      last = { after: at, taken: index };
    } else if (part !== undefined && fits(part, value[index] ?? '')) {
      at += 1;
      index += 1;
    } else if (last) {
      last = { after: last.after, taken: last.taken + 1 };
      ({ after: at, taken: index } = last);
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((part) => part === star);
}

/** `{a,b}/{c,d}` written out, up to one more than are allowed. */
function branches(glob: string): string[] {
  const open = /\{([^{}]*,[^{}]*)\}/.exec(glob);
  if (!open) return [glob];
  const [group, inner = ''] = open;
  const before = glob.slice(0, open.index);
  const after = branches(glob.slice(open.index + group.length));
  const all = inner.split(',').flatMap((choice) => after.map((rest) => `${before}${choice}${rest}`));
  return all.slice(0, MAX_BRANCHES + 1);
}
