import { VitrineError } from '../../shared/errors.js';
import { isCompressible } from '../../sites/media-types.js';
import { manifestRoot } from '../artifact-bytes.js';
import { indicesOf, type Ranges } from '../artifact-ranges.js';
import { ARTIFACT_LIMITS, MIB } from '../limits.js';
import { parseManifest, type ArtifactFile } from '../manifest.js';
import type { ManifestDifference } from '../pack.js';
import { encodePlan, keyOf, type PlanAnswer } from '../plan.js';
import { buildPack, type ReadFile } from './static-pack.js';

/** Everything turn 1 needs, and what the answer to it points into. */
export interface PlannedUpload {
  readonly root: string;
  /** Body of turn 1. */
  readonly body: Buffer;
  /** In the order of their keys: the indices of the answer count here. */
  readonly files: readonly ArtifactFile[];
  readonly bytes: number;
}

export interface PlanOptions {
  /** `none` after a refused root: then every entry is sent. */
  readonly base?: 'any' | 'none';
}

/** Compressed better than this a file hides what it costs to unpack; larger ones go as they are. */
const TEXT_BYTES = 32 * MIB;

/** Checks the files as the server will, and names them. */
export function planUpload(entries: readonly ArtifactFile[], options: PlanOptions = {}): PlannedUpload {
  const { manifest } = parseManifest({ files: entries });
  if (manifest.files.length === 0) {
    throw new VitrineError(
      'bad_request',
      'The directory has no files to publish: check the output directory.',
    );
  }
  const keyed = manifest.files.map((file) => ({ file, key: keyOf(file) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const root = manifestRoot(manifest.files);
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  const keys = BigUint64Array.from(keyed, ({ key }) => key);
  return {
    root,
    bytes,
    body: encodePlan({ root, bytes, keys, base: options.base ?? 'any' }),
    files: keyed.map(({ file }) => file),
  };
}

export interface PackInput {
  readonly planned: PlannedUpload;
  readonly answer: PlanAnswer;
  readonly read: ReadFile;
  readonly packBytes?: number;
}

/** The bodies of turn 2, to be sent one after the other. None when the server has everything. */
export async function* packsFor({ planned, answer, read, packBytes }: PackInput): AsyncGenerator<Buffer> {
  const { root, files } = planned;
  if (answer.root !== root) throw misfit('it is for another upload');
  const loads = split(uniqueBlobs(pick(files, answer.blobs)), packBytes ?? ARTIFACT_LIMITS.packBytes);
  const manifest = answer.known ? null : difference(files, answer);
  if (loads.length === 0 && manifest !== null) loads.push([]);
  for (const [index, load] of loads.entries()) {
    yield await buildPack({
      root,
      manifest: index === 0 ? manifest : null,
      text: load.filter(isText),
      raw: load.filter((file) => !isText(file)),
      read,
    });
  }
}

function isText(file: ArtifactFile): boolean {
  return isCompressible(file.path) && file.size <= TEXT_BYTES;
}

function difference(files: readonly ArtifactFile[], answer: PlanAnswer): ManifestDifference {
  const entries = pick(files, answer.entries).map(
    ({ path, hash: digest, size }): [string, string, number] => [path, digest, size],
  );
  return { base: answer.base, kept: answer.kept, entries };
}

function pick(files: readonly ArtifactFile[], ranges: Ranges): ArtifactFile[] {
  const indices = indicesOf(ranges, files.length);
  if (indices === null) throw misfit('it points outside the list of files');
  return indices.flatMap((index) => files[index] ?? []);
}

/** By path again: pages that resemble each other come together, which the compression uses. */
function uniqueBlobs(files: readonly ArtifactFile[]): ArtifactFile[] {
  const byHash = new Map(files.map((file) => [file.hash, file]));
  return [...byHash.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function split(files: readonly ArtifactFile[], packBytes: number): ArtifactFile[][] {
  const loads: ArtifactFile[][] = [];
  let room = 0;
  for (const file of files) {
    const last = loads.at(-1);
    if (last === undefined || file.size > room) {
      loads.push([file]);
      room = packBytes - file.size;
      continue;
    }
    last.push(file);
    room -= file.size;
  }
  return loads;
}

function misfit(reason: string): VitrineError {
  return new VitrineError('bad_gateway', `The server's answer to the upload plan is unusable: ${reason}.`);
}
