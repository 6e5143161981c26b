import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface BundleSize {
  readonly raw: number;
  readonly gzip: number;
}

/** Of the JavaScript that a runner downloads; `entry` is what every run reads. */
export async function bundleSize(
  dist: string,
): Promise<{ readonly entry: BundleSize; readonly whole: BundleSize }> {
  const names = (await readdir(dist)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(
    names.map(async (name) => ({ name, ...sizeOf(await readFile(join(dist, name))) })),
  );
  const entry = sizes.find(({ name }) => name === 'index.js');
  if (!entry) throw new Error(`${dist} holds no index.js: run "npm run bundle" first.`);
  const total = (of: keyof BundleSize) => sizes.reduce((sum, size) => sum + size[of], 0);
  return { entry, whole: { raw: total('raw'), gzip: total('gzip') } };
}

function sizeOf(bytes: Buffer): BundleSize {
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}
