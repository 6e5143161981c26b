import type { Choice } from './choice.js';
import type { PackageFile } from './package-file.js';

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

export function chooseInstall({ files, scripts }: PackageFile): Choice {
  if (scripts === null) return { command: '', why: 'there is no package.json' };
  const found = LOCKS.find(({ file }) => files.has(file));
  return found ?? { command: 'npm install', why: 'there is a package.json without a lock file' };
}
