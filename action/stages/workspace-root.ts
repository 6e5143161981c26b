import { readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { matchesPatterns } from '../../src/shared/globs.js';
import { readPackage, type PackageFile } from './packages.js';

export interface RootInput {
  /** The checkout: nothing above it counts. */
  readonly workspace: string;
  /** Its real path, inside the checkout. */
  readonly directory: string;
}

const PNPM = 'pnpm-workspace.yaml';

/** The folder above that this one is a workspace of: its lock file counts, and installing is done there. Null where there is none. */
export async function workspaceRoot({ workspace, directory }: RootInput): Promise<PackageFile | null> {
  const top = await realpath(workspace);
  for (let at = directory; at !== top && at !== dirname(at);) {
    at = dirname(at);
    // What is wrong with a file that nobody named is not this run's business.
    const found = await readPackage(at).catch(() => null);
    if (found && (await holds(found, directory))) return found;
  }
  return null;
}

async function holds(
  { directory: root, files, workspaces }: PackageFile,
  directory: string,
): Promise<boolean> {
  // The file holds other settings of pnpm too; only with this key it makes a workspace.
  if (files.has(PNPM)) return /^packages\s*:/m.test(await readFile(join(root, PNPM), 'utf8'));
  const patterns = workspaces.map((pattern) => pattern.replace(/\/+$/, ''));
  return patterns.length > 0 && matchesPatterns(patterns, relative(root, directory).split(sep).join('/'));
}
