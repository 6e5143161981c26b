import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The files of a sample repository, by path. */
export function readSite(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')] as const)
      .filter(([path]) => !path.startsWith('dist/') && !path.startsWith('node_modules/')),
  );
}
