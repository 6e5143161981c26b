import { LRUCache } from 'lru-cache';
import type { StoredDeployment } from '../../../../src/deployments/store.js';
import type { Environment } from '../../../../src/environments/model.js';
import type { StoredManifest } from '../../../../src/images/store.js';
import { imagesIn } from '../../../../src/images/sweep.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { DEPLOYMENT_PAGES } from '../../../../src/contract/dashboard/deployments.js';
import type { Ports } from '../../../ports.js';

export interface FilesModel {
  readonly count: number;
  readonly bytes: number;
  readonly largest: readonly { readonly path: string; readonly bytes: number }[];
  /** So many are not among the largest. */
  readonly others: number;
  readonly all: string;
}

export interface ImageModel {
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
  readonly layers: number;
}

/** So many files are on the page; a text has them all. */
const LARGEST = 20;

type Overview = Omit<FilesModel, 'all'>;

/** A manifest has up to 50,000 files, and its root says what they are: it is read once, not again for each change of an open page. */
const overviews = () => new LRUCache<string, Overview>({ max: 500 });

export type ReadFiles = (
  ports: Pick<Ports, 'artifacts'>,
  deployment: Pick<StoredDeployment, 'id' | 'projectId' | 'artifactRoot'>,
) => Promise<FilesModel | null>;

/** Null where no files were uploaded, or they are removed. */
export function createReadFiles(): ReadFiles {
  const known = overviews();
  return async ({ artifacts }, { id, projectId, artifactRoot: root }) => {
    if (root === null) return null;
    const all = `${DEPLOYMENT_PAGES}/${id}/files.txt`;
    const key = `${projectId} ${root}`;
    const seen = known.get(key);
    if (seen && (await artifacts.exists({ projectId, root }))) return { ...seen, all };
    const artifact = await artifacts.findByRoot({ projectId, root });
    if (!artifact) return null;
    const overview = overviewOf(artifact.files);
    if (artifact.complete) known.set(key, overview);
    return { ...overview, all };
  };
}

function overviewOf(files: readonly { readonly path: string; readonly size: number }[]): Overview {
  const largest = [...files].sort((a, b) => b.size - a.size).slice(0, LARGEST);
  return {
    count: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    largest: largest.map(({ path, size }) => ({ path, bytes: size })),
    others: files.length - largest.length,
  };
}

/** A line a file: its size and its path. */
export async function* listOfFiles(
  { artifacts }: Pick<Ports, 'artifacts'>,
  { projectId, artifactRoot: root }: Pick<StoredDeployment, 'projectId' | 'artifactRoot'>,
): AsyncGenerator<string> {
  const artifact = root === null ? null : await artifacts.findByRoot({ projectId, root });
  if (!artifact) throw new VitrineError('not_found', 'The files of this deployment are not kept any more.');
  const width = String(Math.max(0, ...artifact.files.map(({ size }) => size))).length;
  for (let start = 0; start < artifact.files.length; start += 1_000) {
    const part = artifact.files.slice(start, start + 1_000);
    yield part.map(({ path, size }) => `${String(size).padStart(width)}  ${path}\n`).join('');
  }
}

/** The images of this server's registry that were started. */
export async function imagesOf(
  { images }: Pick<Ports, 'images'>,
  { id, resources }: Environment,
  deployment: Pick<StoredDeployment, 'id'>,
): Promise<ImageModel[]> {
  const handles = resources.filter(({ deploymentId }) => deploymentId === deployment.id);
  const digests = new Set(handles.flatMap(({ handle }) => imagesIn(handle)));
  if (digests.size === 0) return [];
  const manifests = await images.manifestsOf(id);
  return manifests
    .filter(({ digest }) => digests.has(digest))
    .map((manifest) => imageModel(manifest, manifests));
}

function imageModel(manifest: StoredManifest, all: readonly StoredManifest[]): ImageModel {
  const { repository, digest, manifests } = manifest;
  const platforms = manifests.map((one) => all.find((other) => other.digest === one.digest));
  const shown = platforms.find((one) => one && one.blobs.length > 0) ?? manifest;
  return {
    ...{ name: repository, digest },
    bytes: shown.blobs.reduce((sum, { size }) => sum + size, 0),
    // The first one is its config.
    layers: Math.max(0, shown.blobs.length - 1),
  };
}
