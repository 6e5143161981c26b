import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import { z } from 'zod';
import { VitrineError } from '../../../src/shared/errors.js';
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

const manifestSchema = z.object({
  name: z.string().catch(''),
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
});

const PACKAGE = /^node_modules\/(@[^/]+\/)?[^/@][^/]*\/package\.json$/;

/**
 * The folder `.bin` that npm makes holds links, which an upload leaves out or turns into copies that do not work from there. Scripts of
 * package.json find commands in it.
 */
async function linkCommands(build: Build, folder: string): Promise<void> {
  const bin = join(folder, 'node_modules/.bin');
  for (const { path } of build.files.filter((file) => PACKAGE.test(file.path))) {
    const home = join(folder, dirname(path));
    for (const [name, target] of await commandsOf(join(folder, path))) {
      const file = resolve(home, target);
      const inside = file.startsWith(home + sep) && /^[\w.-]+$/.test(name) && !name.startsWith('.');
      if (!inside || !(await stat(file).catch(() => null))) continue;
      await mkdir(bin, { recursive: true });
      await rm(join(bin, name), { force: true });
      await symlink(relative(bin, file), join(bin, name));
    }
  }
}

async function commandsOf(path: string): Promise<[string, string][]> {
  const parsed = manifestSchema.safeParse(parseOrNull(await readFile(path, 'utf8')));
  if (!parsed.success || parsed.data.bin === undefined) return [];
  const { name, bin } = parsed.data;
  return typeof bin === 'string' ? [[name.replace(/^@[^/]+\//, ''), bin]] : Object.entries(bin);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
