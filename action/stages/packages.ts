import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { VitrineError } from '../../src/shared/errors.js';
import { matchesPatterns } from '../../src/shared/globs.js';
import { field, parseJson, textAt } from '../http/json.js';

/** How a folder is built, from its files and its package.json. */
export interface PackageFile {
  readonly directory: string;
  readonly files: ReadonlySet<string>;
  /** Null when there is no package.json. */
  readonly scripts: { readonly build: string | null } | null;
  /** The field of that name, such as `pnpm@9.1.0`; null without one. */
  readonly packageManager: string | null;
  /** The patterns of its workspaces, for npm, Yarn and Bun. */
  readonly workspaces: readonly string[];
}

export async function readPackage(directory: string): Promise<PackageFile> {
  const files = new Set(await filesIn(directory));
  const parsed = files.has('package.json') ? await readManifest(directory) : null;
  return {
    directory,
    files,
    scripts: parsed === null ? null : { build: textAt(parsed, 'scripts', 'build') },
    packageManager: textAt(parsed, 'packageManager'),
    workspaces: textsIn(field(parsed, 'workspaces', 'packages') ?? field(parsed, 'workspaces')),
  };
}

async function readManifest(directory: string): Promise<unknown> {
  const text = await readFile(join(directory, 'package.json'), 'utf8');
  const parsed = parseJson(text.replace(/^\ufeff/, ''));
  if (field(parsed) !== undefined) return parsed;
  throw new VitrineError('unprocessable', 'package.json is not JSON: repair it.');
}

function textsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new VitrineError(
      'bad_request',
      'The working directory does not exist: check out the code first (actions/checkout), or correct "working-directory".',
      { cause },
    );
  });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

export interface RootInput {
  /** The checkout: folders above it are ignored. */
  readonly workspace: string;
  /** Its real path, inside the checkout. */
  readonly directory: string;
}

const PNPM = 'pnpm-workspace.yaml';

/** The folder above that has this one as a workspace: its lock file counts, and the install command runs there. Null without one. */
export async function workspaceRoot({ workspace, directory }: RootInput): Promise<PackageFile | null> {
  const top = await realpath(workspace);
  for (let at = directory; at !== top && at !== dirname(at);) {
    at = dirname(at);
    // The run does not depend on this file: ignore it when it is invalid.
    const found = await readPackage(at).catch(() => null);
    if (found && (await holds(found, directory))) return found;
  }
  return null;
}

async function holds(
  { directory: root, files, workspaces }: PackageFile,
  directory: string,
): Promise<boolean> {
  // The file can hold other settings of pnpm; only this key makes a workspace.
  if (files.has(PNPM)) return /^packages\s*:/m.test(await readFile(join(root, PNPM), 'utf8'));
  const patterns = workspaces.map((pattern) => pattern.replace(/\/+$/, ''));
  return patterns.length > 0 && matchesPatterns(patterns, relative(root, directory).split(sep).join('/'));
}
