import { LRUCache } from 'lru-cache';
import type { StoredDeployment } from '../../../../src/deployments/store.js';
import type { Environment } from '../../../../src/environments/model.js';
import type { StoredManifest } from '../../../../src/images/store.js';
import { imagesIn } from '../../../../src/images/sweep.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { DEPLOYMENT_PAGES } from '../../../../src/contract/dashboard/deployments.js';
import type { Ports } from '../../../ports.js';
import { countOf } from '../rooms.js';

export interface FilesModel {
  readonly count: number;
  readonly bytes: number;
  readonly largest: readonly { readonly path: string; readonly bytes: number }[];
  /** So many are not among the largest. */
  readonly others: number;
  readonly all: string;
}

export interface ImageModel {
  /** What it is for: a service of a compose file, or `app`. */
  readonly service: string;
  /** As the engine was asked for it. */
  readonly reference: string;
  /** Null for an image of another registry: this server does not hold it. */
  readonly held: { readonly bytes: number; readonly layers: string } | null;
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

/** More containers of one preview are not looked through. */
const CONTAINERS = 200;

/** The images that were started, as long as the server knows of them. A program that is a process has none. */
export async function imagesOf(
  { images, containers }: Pick<Ports, 'images' | 'containers'>,
  { id, resources }: Environment,
  deployment: Pick<StoredDeployment, 'id'>,
): Promise<ImageModel[]> {
  const { items } = await containers.listOf(id, { limit: CONTAINERS });
  const own = items.filter(({ deploymentId }) => deploymentId === deployment.id);
  // A process has none: there stands which Node runs it.
  const started = own.flatMap(({ service, image }) =>
    image.includes(' ') ? [] : [[service, image] as const],
  );
  const handles = resources.filter(({ deploymentId }) => deploymentId === deployment.id);
  const references = started.map(([, image]) => image).join(' ');
  const named = handles.flatMap(({ handle }) => imagesIn(handle));
  const others = named.filter((digest) => !references.includes(digest));
  const pairs = [...new Map(started.toReversed()), ...others.map((digest) => ['app', digest] as const)];
  if (pairs.length === 0) return [];
  const manifests = await images.manifestsOf(id);
  return pairs.map(([service, reference]) => ({
    ...{ service, reference },
    held: heldOf(
      manifests.find(({ digest }) => reference.endsWith(digest)),
      manifests,
    ),
  }));
}

function heldOf(manifest: StoredManifest | undefined, all: readonly StoredManifest[]): ImageModel['held'] {
  if (!manifest) return null;
  const platforms = manifest.manifests.map((one) => all.find((other) => other.digest === one.digest));
  const shown = platforms.find((one) => one && one.blobs.length > 0) ?? manifest;
  return {
    bytes: shown.blobs.reduce((sum, { size }) => sum + size, 0),
    // The first one is its config.
    layers: countOf(Math.max(0, shown.blobs.length - 1), 'layer'),
  };
}
