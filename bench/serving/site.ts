import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, brotliCompressSync } from 'node:zlib';
import type { Setting } from '../harness/setting.js';
import { pathsOf, TREE_SIZES, writeTree } from '../upload/tree.js';
import { prose } from '../upload/words.js';

export interface ServedSite {
  readonly directory: string;
  /** What a visitor asks for, of all files of the tree. */
  readonly addresses: readonly string[];
}

export const PAGE = '/small';
export const SCRIPT = '/app.js';
export const LARGE = '/large.bin';
export const PAGE_BYTES = 3_000;

/** The site of the upload benchmark, and three files that are asked for alone. */
export async function writeSite({ scratch, size }: Setting): Promise<ServedSite> {
  const directory = await scratch.memory('site');
  const version = 'first deploy';
  await writeTree(directory, { size: TREE_SIZES[size], version });
  const script = Buffer.from(prose(7, 120_000));
  await writeFile(join(directory, 'small.html'), pageOf(PAGE_BYTES));
  await writeFile(join(directory, 'app.js'), script);
  await writeFile(join(directory, 'large.bin'), Buffer.alloc(1024 * 1024, 7));
  // The peers do not compress by themselves; ours needs none of these files and answers with its own.
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  await writeFile(join(directory, 'app.js.br'), brotliCompressSync(script, quality));
  const addresses = pathsOf(TREE_SIZES[size], version).map(
    (path) => `/${path.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`,
  );
  return { directory, addresses };
}

export function pageOf(bytes: number): string {
  const before = '<!doctype html><title>Small</title><p>';
  return `${before}${prose(3, bytes - before.length)}`;
}
