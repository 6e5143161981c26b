/** The path of a request target, without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

export function queryOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? '' : url.slice(query);
}

/**
 * The path as files are named: decoded once, in the Unicode form that most systems write. Null when it hides a separator or cannot be
 * decoded: such a path names no file here, whatever another server would make of it.
 */
export function decodePath(path: string): string | null {
  if (!path.includes('%')) return path;
  if (/%(2f|5c|00)/i.test(path)) return null;
  try {
    return decodeURIComponent(path).normalize('NFC');
  } catch {
    return null;
  }
}

/** Paths that no link of a site has: they get no fallback, no rule and no redirect. */
export function isOdd(path: string): boolean {
  return /[\u0000-\u001f\u007f\\;]|\/\/|\/\.{1,2}(\/|$)/.test(path);
}
