// https://git-scm.com/docs/git-check-ref-format

const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/;

/** Whether git itself would accept the name of a branch. What it refuses never came from GitHub. */
export function isGitRefName(name: string): boolean {
  if (name === '' || name === '@' || name.length > 1_000 || FORBIDDEN.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** A full commit name: 40 lower-case hex digits, or undefined. */
export function parseHeadSha(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value) ? value : undefined;
}
