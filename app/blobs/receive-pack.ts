import { manifestRoot } from '../../src/domain/artifact-bytes.js';
import { indicesOf } from '../../src/domain/artifact-ranges.js';
import { ARTIFACT_LIMITS, MIB, type ArtifactLimits } from '../../src/domain/artifact-limits.js';
import { parseManifest, type ArtifactFile } from '../../src/domain/artifact.js';
import { VitrineError } from '../../src/domain/errors.js';
import {
  decodeMeta,
  decodePreface,
  malformed,
  PREFACE_BYTES,
  type ManifestDifference,
  type PackMeta,
} from '../../src/domain/pack.js';
import type { BlobStore } from '../../src/ports-artifacts.js';
import type { UploadPorts } from './answer-plan.js';
import { createByteReader, type ByteReader } from './byte-reader.js';
import { inflate } from './inflate.js';

export interface PackUpload {
  readonly projectId: string;
  /** When the caller knows it; a pack for anything else is refused. */
  readonly root?: string;
  readonly limits?: ArtifactLimits;
}

export interface PackReceived {
  readonly root: string;
  readonly blobs: number;
  readonly bytes: number;
}

/** Blobs up to this size are taken whole, several at once; larger ones stream through, one after the other. */
const SMALL_BYTES = MIB;
const AT_ONCE = 16;

/** Turn 2: takes one pack. Nothing of it is visible until the upload is completed, and all of it may be sent again. */
export async function receivePack(
  ports: UploadPorts,
  { upload, body }: { readonly upload: PackUpload; readonly body: AsyncIterable<Uint8Array> },
): Promise<PackReceived> {
  const outer = createByteReader(body);
  const preface = decodePreface(await outer.exactly(PREFACE_BYTES), upload.limits);
  const plain = inflate({
    source: outer.part(preface.compressedBytes),
    packed: preface.compressedBytes,
    plain: preface.metaBytes + preface.textBytes,
  });
  try {
    const inner = createByteReader(plain);
    const meta = decodeMeta(await inner.exactly(preface.metaBytes), preface);
    await acceptMeta(ports, { upload, meta });
    await storeBlobs(ports.blobs, { list: meta.text, reader: inner });
    await inner.end();
    await storeBlobs(ports.blobs, { list: meta.raw, reader: outer });
    await outer.end();
    return {
      root: meta.root,
      blobs: meta.text.length + meta.raw.length,
      bytes: preface.textBytes + preface.rawBytes,
    };
  } finally {
    await plain.return(undefined);
  }
}

async function acceptMeta(
  ports: UploadPorts,
  { upload, meta }: { readonly upload: PackUpload; readonly meta: PackMeta },
): Promise<void> {
  if (upload.root !== undefined && meta.root !== upload.root) throw malformed('it is for another upload');
  const files = await filesOf(ports, { upload, meta });
  refuseStrangers(files, [...meta.text, ...meta.raw]);
}

interface FilesInput {
  readonly upload: PackUpload;
  readonly meta: PackMeta;
}

/** The manifest of the upload: known since its first pack, or made from a base and what this pack says. */
async function filesOf(ports: UploadPorts, { upload, meta }: FilesInput): Promise<readonly ArtifactFile[]> {
  const { projectId, limits = ARTIFACT_LIMITS } = upload;
  const { root, manifest: difference } = meta;
  const known = await ports.artifacts.findByRoot({ projectId, root });
  if (known !== null) return known.files;
  if (difference === null) throw startAgain('its first pack is missing');
  const base = await keptFiles(ports, { projectId, difference });
  const added = difference.entries.map(([path, hash, size]) => ({ path, hash, size }));
  const { files } = parseManifest({ files: [...base, ...added] }, limits).manifest;
  if (manifestRoot(files) !== root) throw startAgain('its files do not have the root it names');
  await ports.artifacts.save({ projectId, root, files, complete: false });
  return files;
}

async function keptFiles(
  { artifacts }: UploadPorts,
  { projectId, difference }: { readonly projectId: string; readonly difference: ManifestDifference },
): Promise<ArtifactFile[]> {
  if (difference.base === null) return [];
  const base = await artifacts.findByRoot({ projectId, root: difference.base });
  if (base === null) throw startAgain('the upload it builds on is gone');
  const kept = indicesOf(difference.kept, base.files.length);
  if (kept === null) throw malformed('it keeps files that its base does not have');
  return kept.flatMap((index) => base.files[index] ?? []);
}

function refuseStrangers(files: readonly ArtifactFile[], blobs: PackMeta['text']): void {
  const sizes = new Map(files.map((file) => [file.hash, file.size]));
  for (const [hash, size] of blobs) {
    if (sizes.get(hash) !== size) throw malformed(`file ${hash} with ${size} bytes is not in its manifest`);
  }
}

/** Keeps a bounded number of small files on their way to the disk, so that their waiting for it overlaps. */
async function storeBlobs(
  blobs: BlobStore,
  { list, reader }: { readonly list: PackMeta['text']; readonly reader: ByteReader },
): Promise<void> {
  const failures: unknown[] = [];
  const writing = new Set<Promise<void>>();
  for (const [hash, size] of list) {
    if (failures.length > 0) break;
    const small = size <= SMALL_BYTES;
    const content = small ? [await reader.exactly(size)] : reader.part(size);
    const write = blobs
      .write({ hash, size, content })
      .catch((error: unknown) => void failures.push(error))
      .finally(() => writing.delete(write));
    writing.add(write);
    if (!small) await write;
    else if (writing.size >= AT_ONCE) await Promise.race(writing);
  }
  await Promise.all(writing);
  if (failures.length > 0) throw failures[0];
}

/** The same code as a damaged pack: for the client both mean to ask once more, in the end without a base. */
function startAgain(reason: string): VitrineError {
  return new VitrineError('unprocessable', `The pack was refused: ${reason}. Ask again what is missing.`);
}
