import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import { VitrineError } from '../../../src/shared/errors.js';
import { commandLinks } from '../../../src/targets/node/commands.js';
import type { Build, BuildFile } from '../../../src/targets/node/runner.js';

const AT_ONCE = 16;

/** Copies a build into a folder, which is there once all of it is. No program can change the files of the store through the copies. */
export async function placeFiles(build: Build, folder: string): Promise<void> {
  if (await stat(folder).catch(() => null)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const limit = pLimit(AT_ONCE);
  await Promise.all(build.files.map((file) => limit(() => placeFile(build, { file, folder: partial }))));
  await linkCommands(build, partial);
  await rename(partial, folder);
}

interface Placing {
  readonly file: BuildFile;
  readonly folder: string;
}

async function placeFile(build: Build, { file, folder }: Placing): Promise<void> {
  const path = resolve(folder, file.path);
  if (!path.startsWith(folder + sep))
    throw new VitrineError('unprocessable', 'A file of the build lies outside of it: upload it again.');
  await mkdir(dirname(path), { recursive: true });
  // An upload does not say which files are programs: all of them may be.
  await pipeline(build.read(file), createWriteStream(path, { mode: 0o555 }));
}

async function linkCommands(build: Build, folder: string): Promise<void> {
  for (const [path, target] of await commandLinks(build)) {
    const link = join(folder, path);
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { force: true });
    await symlink(target, link);
  }
}
