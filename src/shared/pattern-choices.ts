export const MAX_CHOICES = 64;
export const GROUP = /\{([^{}]*,[^{}]*)\}/;

/** `{a,b}/{c,d}` written out, up to one more than are allowed. */
export function choicesOf(glob: string): string[] {
  const open = GROUP.exec(glob);
  if (!open) return [glob];
  const [group, inner = ''] = open;
  const before = glob.slice(0, open.index);
  const after = choicesOf(glob.slice(open.index + group.length));
  const all = inner.split(',').flatMap((choice) => after.map((rest) => `${before}${choice}${rest}`));
  return all.slice(0, MAX_CHOICES + 1);
}
