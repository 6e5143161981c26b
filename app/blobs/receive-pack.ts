import { MIB, type ArtifactLimits } from '../../src/uploads/limits.js';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import {
  decodeMeta,
  decodePreface,
  malformed,
  PREFACE_BYTES,
  type PackMeta,
} from '../../src/uploads/pack.js';
import type { Owing } from '../../src/uploads/plan.js';
import type { BlobStore } from '../../src/uploads/store.js';
import type { UploadPorts } from './answer-plan.js';
import { createByteReader, type ByteReader } from './byte-reader.js';
import { inflate } from './inflate.js';
import { owingOf, settleArrived } from './pending-upload.js';

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
    const owing = await acceptMeta(ports, { upload, meta });
    await storeBlobs(ports.blobs, { list: meta.text, reader: inner });
    await inner.end();
    await storeBlobs(ports.blobs, { list: meta.raw, reader: outer });
    await outer.end();
    await settleArrived(ports, { id: { projectId: upload.projectId, root: meta.root }, owing, meta });
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
): Promise<Owing> {
  if (upload.root !== undefined && meta.root !== upload.root) throw malformed('it is for another upload');
  const owing = await owingOf(ports, { upload, meta });
  refuseStrangers(owing.files, [...meta.text, ...meta.raw]);
  return owing;
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
