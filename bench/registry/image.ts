import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Setting } from '../harness/setting.js';

const MIB = 1024 ** 2;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** In MiB: what an image of a Node program is made of. The last layer is the program itself. */
const LAYERS: Readonly<Record<Setting['size'], readonly number[]>> = {
  full: [80, 40, 20, 10, 5, 1, 10],
  short: [2, 1, 0.1, 0.5],
};

/** Two versions of an image, of which one line of the program differs. */
export interface Images {
  readonly first: Image;
  readonly changed: Image;
  /** What a server is warmed up with. */
  readonly small: Image;
}

/** A folder as skopeo reads it: the manifest, and a file for each blob under its hash. */
export interface Image {
  readonly folder: string;
  readonly digest: string;
  /** Of the last layer. */
  readonly lastBytes: number;
}

/** Layers of random bytes, which nothing can compress, as compressed layers. */
export async function writeImages({ scratch, size }: Setting): Promise<Images> {
  const root = await scratch.memory('images');
  const layers = LAYERS[size].map((mebibytes) => randomBytes(mebibytes * MIB));
  const program = layers.at(-1) ?? randomBytes(MIB);
  const changedProgram = Buffer.concat([Buffer.from('// one more line\n'), program]);
  return {
    first: await writeImage(join(root, 'first'), layers),
    changed: await writeImage(join(root, 'changed'), [...layers.slice(0, -1), changedProgram]),
    small: await writeImage(join(root, 'small'), [randomBytes(MIB / 4), randomBytes(1_000)]),
  };
}

/** The last one is the program. */
export async function writeImage(folder: string, layers: readonly Buffer[]): Promise<Image> {
  await mkdir(folder);
  const rootfs = { type: 'layers', diff_ids: layers.map(digestOf) };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }));
  const describe = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe(CONFIG, config),
      layers: layers.map((bytes) => describe(LAYER, bytes)),
    }),
  );
  await writeFile(join(folder, 'version'), 'Directory Transport Version: 1.1\n');
  await writeFile(join(folder, 'manifest.json'), manifest);
  for (const blob of [config, ...layers])
    await writeFile(join(folder, digestOf(blob).replace('sha256:', '')), blob);
  return { folder, digest: digestOf(manifest), lastBytes: layers.at(-1)?.length ?? 0 };
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
