import { quoteName } from '../shared/text.js';

/**
 * Two names that some file system or browser takes for one: equal, equal but for case, equal after Unicode normalisation, or a file
 * where another path needs a folder. The answer is the reason in words; null when all names can live together.
 */
export function findClash(paths: readonly string[]): string | null {
  const files = new Map<string, string>();
  for (const path of paths) {
    const key = fold(path);
    const twin = files.get(key);
    if (twin !== undefined) return `${quoteName(twin)} and ${quoteName(path)} ${difference(twin, path)}`;
    files.set(key, path);
  }
  return findFileAsFolder(paths, files);
}

function findFileAsFolder(paths: readonly string[], files: ReadonlyMap<string, string>): string | null {
  const seen = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (seen.has(folder)) break;
      seen.add(folder);
      const file = files.get(fold(folder));
      if (file !== undefined)
        return `${quoteName(file)} is a file, and ${quoteName(path)} needs it as a folder`;
    }
  }
  return null;
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function difference(a: string, b: string): string {
  if (a === b) return 'are the same name twice';
  if (a.normalize('NFC') === b.normalize('NFC')) return 'differ only in their Unicode form';
  return 'differ only in upper and lower case';
}
