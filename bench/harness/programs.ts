import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where an ordinary user's PATH does not look. */
const ALSO = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/git-core'];

/** The full path of a program of this machine, or null. */
export type FindProgram = (name: string) => string | null;

export function createFindProgram(path: string): FindProgram {
  const folders = [...path.split(delimiter).filter((folder) => folder.startsWith('/')), ...ALSO];
  return (name) => folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
