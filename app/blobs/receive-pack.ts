import { pipeline } from 'node:stream';
import { createBrotliDecompress } from 'node:zlib';
import { errorCode, isVitrineError } from '../../src/shared/errors.js';
import { type ArtifactLimits, MIB } from '../../src/uploads/limits.js';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import {
  decodeMeta,
  decodePreface,
  malformed,
  type PackMeta,
  PREFACE_BYTES,
} from '../../src/uploads/pack.js';
import type { PendingUpload } from '../../src/uploads/plan.js';
import type { BlobStore } from '../../src/uploads/store.js';
import { pendingUploadOf, recordArrived, type UploadPorts } from './pending-upload.js';

interface PackUpload {
  readonly projectId: string;
  /** When the caller knows it; a pack for anything else is refused. */
  readonly root?: string;
  readonly limits?: ArtifactLimits;
}

interface PackReceived {
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
    const pending = await acceptMeta(ports, { upload, meta });
    await storeBlobs(ports.blobs, { list: meta.text, reader: inner });
    await inner.end();
    await storeBlobs(ports.blobs, { list: meta.raw, reader: outer });
    await outer.end();
    await recordArrived(ports, { id: { projectId: upload.projectId, root: meta.root }, pending, meta });
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
): Promise<PendingUpload> {
  if (upload.root !== undefined && meta.root !== upload.root) throw malformed('it is for another upload');
  const pending = await pendingUploadOf(ports, { upload, meta });
  refuseUnlisted(pending.files, [...meta.text, ...meta.raw]);
  return pending;
}

function refuseUnlisted(files: readonly ArtifactFile[], blobs: PackMeta['text']): void {
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

/** Cuts a stream of chunks into declared lengths. */
interface ByteReader {
  exactly(length: number): Promise<Buffer>;
  /** The next bytes, as they come. What the reader of the part leaves is skipped. */
  part(length: number): AsyncIterable<Buffer>;
  /** Refuses a stream that goes on. */
  end(): Promise<void>;
}

interface State {
  readonly chunks: AsyncIterator<Uint8Array>;
  /** The part of the newest chunk that is not read yet. */
  rest: Buffer;
  /** How many bytes of the current part are not read yet. */
  remaining: number;
}

function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const state: State = { chunks: source[Symbol.asyncIterator](), rest: Buffer.alloc(0), remaining: 0 };
  return {
    part: (length) => readPart(state, length),
    async exactly(length) {
      const pieces: Buffer[] = [];
      for await (const piece of readPart(state, length)) pieces.push(piece);
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    },
    async end() {
      await skip(state);
      while (state.rest.length === 0) if (!(await fetchChunk(state))) return;
      throw malformed('it is longer than it says');
    },
  };
}

async function* readPart(state: State, length: number): AsyncGenerator<Buffer> {
  await skip(state);
  state.remaining = length;
  while (state.remaining > 0) yield await take(state);
}

async function skip(state: State): Promise<void> {
  while (state.remaining > 0) await take(state);
}

async function take(state: State): Promise<Buffer> {
  if (state.rest.length === 0 && !(await fetchChunk(state))) throw malformed('it is shorter than it says');
  const piece = state.rest.subarray(0, state.remaining);
  state.rest = state.rest.subarray(piece.length);
  state.remaining -= piece.length;
  return piece;
}

async function fetchChunk(state: State): Promise<boolean> {
  const { done, value } = await state.chunks.next();
  if (done === true) return false;
  state.rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return true;
}

interface Compressed {
  readonly source: AsyncIterable<Buffer>;
  /** Length of the compressed source, and of what it must unpack to. */
  readonly packed: number;
  readonly plain: number;
}

/** Unpacks brotli and stops at the first byte beyond what was declared: a bomb costs no more than an honest pack. */
async function* inflate({ source, packed, plain }: Compressed): AsyncGenerator<Buffer> {
  let left = plain;
  const brotli = createBrotliDecompress();
  // The callback form never rejects by itself; the error reaches the loop below.
  pipeline(source, brotli, () => undefined);
  try {
    for await (const chunk of brotli as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) throw malformed('it unpacks to more than it says');
      yield chunk;
    }
  } catch (error) {
    throw isZlibError(error) ? malformed('it is not valid brotli') : error;
  }
  if (left > 0) throw malformed('it unpacks to less than it says');
  if (brotli.bytesWritten < packed) throw malformed('something follows its compressed part');
}

/** https://nodejs.org/api/zlib.html: brotli names its errors after its own list, such as ERR__ERROR_FORMAT_PADDING_1. */
function isZlibError(error: unknown): boolean {
  return !isVitrineError(error) && /^(ERR_(_|BROTLI)|Z_)/.test(errorCode(error) ?? '');
}
