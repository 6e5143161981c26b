import type { Choice } from './choice.js';
import type { PackageFile } from './packages.js';

/** First hit wins; the lock file names the package manager. */
const LOCKS: readonly (Choice & { readonly file: string })[] = [
  { file: 'package-lock.json', command: 'npm ci', why: 'there is a package-lock.json' },
  { file: 'npm-shrinkwrap.json', command: 'npm ci', why: 'there is an npm-shrinkwrap.json' },
  { file: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile', why: 'there is a pnpm-lock.yaml' },
  { file: '.yarnrc.yml', command: 'yarn install --immutable', why: 'there is a .yarnrc.yml' },
  { file: 'yarn.lock', command: 'yarn install --frozen-lockfile', why: 'there is a yarn.lock' },
  { file: 'bun.lock', command: 'bun install --frozen-lockfile', why: 'there is a bun.lock' },
  { file: 'bun.lockb', command: 'bun install --frozen-lockfile', why: 'there is a bun.lockb' },
];

export interface InstallChoice extends Choice {
  /** Where it is run. */
  readonly directory: string;
}

export interface Packages {
  readonly found: PackageFile;
  /** The workspace that it belongs to, if any. */
  readonly root: PackageFile | null;
}

/** The folder itself comes before the workspace that it belongs to, and a lock file before what package.json says. */
export function chooseInstall({ found, root }: Packages): InstallChoice {
  const { directory } = found;
  if (found.scripts === null) return { command: '', why: 'there is no package.json', directory };
  const places = root === null ? [found] : [found, root];
  const choice = first(places, byLock) ?? first(places, byManager);
  if (choice) return choice;
  return {
    command: 'npm install',
    why: 'there is a package.json without a lock file',
    directory: (root ?? found).directory,
  };
}

function first(
  places: readonly PackageFile[],
  choose: (place: PackageFile) => Choice | undefined,
): InstallChoice | undefined {
  for (const place of places) {
    const choice = choose(place);
    if (choice) return { ...choice, directory: place.directory };
  }
  return undefined;
}

function byLock({ files }: PackageFile): Choice | undefined {
  return LOCKS.find(({ file }) => files.has(file));
}

function byManager({ packageManager }: PackageFile): Choice | undefined {
  const [, name, major = ''] = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(packageManager ?? '') ?? [];
  if (name === undefined) return undefined;
  // In CI the newer Yarn refuses to write the lock file that is missing.
  const flag = name === 'yarn' && Number(major) > 1 ? ' --no-immutable' : '';
  return { command: `${name} install${flag}`, why: `package.json names ${name} as its "packageManager"` };
}
