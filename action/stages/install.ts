import { relative } from 'node:path';
import { type Job, SKIPPED } from './job.js';
import { type PackageFile, readPackage, type RootInput, workspaceRoot } from './packages.js';
import { runCommand } from './run-command.js';

export async function install(job: Job): Promise<typeof SKIPPED | undefined> {
  const given = job.inputs.installCommand ?? job.plan.install;
  const choice =
    given === null
      ? chooseInstall(await readPackages(job))
      : { command: given, why: 'as configured', directory: job.directory };
  const { command, why, directory } = choice;
  if (command === '') {
    job.log(`Nothing to install: ${why}. Set the input "install-command" to change that.`);
    return SKIPPED;
  }
  const where =
    directory === job.directory ? '' : ` in ${JSON.stringify(relative(job.directory, directory))}`;
  job.log(`Installing with \`${command}\`${where} (${why}; the input "install-command" changes it).`);
  return runCommand({ ...job, directory }, { command, variables: { ...job.variables, ...job.inputs.env } });
}

/** The lock file names the package manager. The first match wins. */
const LOCKS: readonly (Choice & { readonly file: string })[] = [
  { file: 'package-lock.json', command: 'npm ci', why: 'there is a package-lock.json' },
  { file: 'npm-shrinkwrap.json', command: 'npm ci', why: 'there is an npm-shrinkwrap.json' },
  { file: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile', why: 'there is a pnpm-lock.yaml' },
  { file: '.yarnrc.yml', command: 'yarn install --immutable', why: 'there is a .yarnrc.yml' },
  { file: 'yarn.lock', command: 'yarn install --frozen-lockfile', why: 'there is a yarn.lock' },
  { file: 'bun.lock', command: 'bun install --frozen-lockfile', why: 'there is a bun.lock' },
  { file: 'bun.lockb', command: 'bun install --frozen-lockfile', why: 'there is a bun.lockb' },
];

interface InstallChoice extends Choice {
  /** Where the command runs. */
  readonly directory: string;
}

export interface Packages {
  readonly found: PackageFile;
  /** The workspace that it belongs to, if any. */
  readonly root: PackageFile | null;
}

/** A lock file comes before package.json, and the folder itself before the workspace that it belongs to. */
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

/** A command, and the reason for it that the log shows. Empty when there is nothing to do. */
export interface Choice {
  readonly command: string;
  readonly why: string;
}

/** Reads the working directory and the workspace that it belongs to. */
export async function readPackages({ workspace, directory }: RootInput): Promise<Packages> {
  const found = await readPackage(directory);
  return { found, root: found.scripts === null ? null : await workspaceRoot({ workspace, directory }) };
}
