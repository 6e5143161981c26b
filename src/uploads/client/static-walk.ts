import { statSync, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { hiddenPath } from '../artifact-path.js';
import type { LeftOut } from './left-out.js';

export interface Found {
  readonly path: string;
  readonly size: number;
}

export interface WalkInput {
  /** Its real path. */
  readonly root: string;
  /** Folders of these names are passed by, wherever they are. */
  readonly without: readonly string[];
  readonly leftOut: LeftOut;
}

const HIDDEN = 'hidden, and what is hidden is not published';
const NOT_UTF8 = 'named in bytes that are not UTF-8';

/** Every file that may be published. What is hidden is not even looked into: `.git` alone can hold more than all the rest. */
export async function walk(input: WalkInput): Promise<Found[]> {
  const found: Found[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(input, folder)) {
      const path = folder + entry.name;
      if (input.without.includes(entry.name)) continue;
      // Whatever is in it: `.well-known` itself is hidden, its files are not.
      if (hiddenPath(entry.isDirectory() ? `${path}/file` : path)) input.leftOut.add(path, HIDDEN);
      else if (entry.isDirectory()) folders.push(`${path}/`);
      else await take(input, { path, entry, found });
    }
  }
  return found;
}

async function entriesOf({ root, leftOut }: WalkInput, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    const fault = vanished(folder);
    if (fault === null || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    leftOut.add(folder.slice(0, -1), fault);
    return [];
  }
}

async function take(
  { root, leftOut }: WalkInput,
  { path, entry, found }: { path: string; entry: Dirent; found: Found[] },
): Promise<void> {
  const absolute = join(root, path);
  const fault = entry.isSymbolicLink()
    ? await linkFault(root, absolute)
    : entry.isFile()
      ? null
      : 'not a regular file';
  if (fault !== null) return leftOut.add(path, fault);
  const seen = statSync(absolute, { throwIfNoEntry: false });
  if (seen) found.push({ path, size: seen.size });
  else leftOut.add(path, vanished(path) ?? 'gone already');
}

/** Node reads such a name with replacement characters in it, and then there is nothing of that name. */
function vanished(path: string): string | null {
  return path.includes('\ufffd') ? NOT_UTF8 : null;
}

/** A link must carry neither files of the runner nor hidden ones into a public preview. */
async function linkFault(root: string, link: string): Promise<string | null> {
  const target = await realpath(link).catch(() => null);
  if (target === null) return 'a link to nothing';
  if (!target.startsWith(root + sep)) return 'a link that leaves the directory';
  if (hiddenPath(relative(root, target).split(sep).join('/'))) return 'a link to a hidden file';
  return (await stat(target)).isFile() ? null : 'a link to something that is not a file';
}
