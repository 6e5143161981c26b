import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from './docker-images.js';
import { IMAGE_TYPE, type Layer, layer, registryClient } from './push-image.js';

/** An image as a registry has it. */
export interface SavedImage {
  readonly blobs: readonly Layer[];
  readonly manifest: Layer;
}

/** An image as a file, which another engine can load. */
export async function savedFile(reference: string) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-image-'));
  const path = join(folder, 'image.tar');
  await docker('save', '--output', path, reference);
  return { folder, path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Reads an image out of the engine of the tests, so that a run can push it while every other engine is away. */
export async function savedImage(reference: string): Promise<SavedImage> {
  const { folder, path: file, remove } = await savedFile(reference);
  try {
    await promisify(execFile)('tar', ['-xf', file, '-C', folder]);
    const [named] = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as [
      { readonly Config: string; readonly Layers: readonly string[] },
    ];
    const read = async (path: string) => layer(await readFile(join(folder, path)));
    const config = await read(named.Config);
    const layers = await Promise.all(named.Layers.map(read));
    const described = (mediaType: string) => (blob: Layer) => ({
      ...{ mediaType, digest: blob.digest },
      size: blob.bytes.length,
    });
    const manifest = {
      ...{ schemaVersion: 2, mediaType: IMAGE_TYPE },
      config: described('application/vnd.oci.image.config.v1+json')(config),
      layers: layers.map(described('application/vnd.oci.image.layer.v1.tar')),
    };
    return { blobs: [config, ...layers], manifest: layer(JSON.stringify(manifest)) };
  } finally {
    await remove();
  }
}

interface Registry {
  readonly url: string;
  readonly token: string;
  readonly repository: string;
}

/** Answers its digest. Throws when the registry refuses or is away. */
export async function pushSaved({ blobs, manifest }: SavedImage, to: Registry): Promise<string> {
  const registry = registryClient(to.url, to.token);
  for (const blob of blobs) expectMade(await registry.pushBlob(to.repository, blob));
  expectMade(await registry.pushManifest(to.repository, 'preview', manifest));
  return manifest.digest;
}

function expectMade({ status }: Response): void {
  if (status !== 201) throw new Error(`The registry answers ${String(status)}.`);
}
