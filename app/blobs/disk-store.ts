import { createReadStream, statSync, utimesSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { errorCode, VitrineError } from '../../src/shared/errors.js';
import { isHash } from '../../src/shared/hash.js';
import type { BlobStore, ByteRange } from '../../src/uploads/store.js';
import { createAtomicWriter, verified } from './atomic-writer.js';
import { createEncoder } from './encoder.js';
import { listBlobs, removeUnused, sweepBlobs } from './sweep.js';

interface DiskBlobStoreOptions {
  readonly dir: string;
  readonly now?: () => Date;
}

/** Chunks of a large file: bigger ones than the default of 64 KiB, because each costs a turn of the event loop and of a thread. */
const CHUNK_BYTES = 256 * 1024;

/** Blobs as files, `<dir>/ab/abcdef…`, with their compressed forms beside them. Several processes may share the directory. */
export function createDiskBlobStore({ dir, now = () => new Date() }: DiskBlobStoreOptions): BlobStore {
  const writer = createAtomicWriter(dir);
  const pathOf = (hash: string) => blobPath(dir, hash);
  const readAll = (hash: string) => readFile(pathOf(hash)).catch(absent(hash));
  const encoder = createEncoder({ writer, pathOf, readAll });
  const has: BlobStore['has'] = async (blobs) => {
    const wanted = blobs.map(({ hash, size }) => ({ hash, size, path: pathOf(hash) }));
    await writer.landed(wanted.map(({ path }) => path));
    return presentBlobs(wanted, now());
  };
  return {
    has,
    async write(blob) {
      if ((await has([blob])).size > 0) return drain(verified(blob));
      await writer.write({ ...blob, path: pathOf(blob.hash) });
    },
    async adopt({ hash, size, path }) {
      if ((await has([{ hash, size }])).size > 0) return;
      await writer.adopt(path, pathOf(hash));
    },
    size: (hash) => sizeOf(pathOf(hash)),
    read: (hash, part) => readChunks(pathOf(hash), hash, part),
    readAll,
    encoded: (hash, encoding) => encoder.encoded(hash, encoding),
    async delete(hashes, { unusedSince }) {
      for (const path of hashes.map(pathOf)) await removeUnused(path, unusedSince);
    },
    list: () => listBlobs(dir),
    sweep: (keep) => sweepBlobs({ dir, now: now(), ...keep }),
  };
}

/** The only place where a name from outside meets a path, so it checks the name itself. */
function blobPath(dir: string, hash: string): string {
  if (!isHash(hash))
    throw new VitrineError('bad_request', 'A blob is named by its SHA-256 in lower-case hex.');
  return `${dir}/${hash.slice(0, 2)}/${hash}`;
}

/** What is there already must be sent as it is nonetheless: who sends something else does not have it. */
async function drain(content: AsyncIterable<unknown>): Promise<void> {
  const chunks = content[Symbol.asyncIterator]();
  while ((await chunks.next()).done !== true);
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (stats) => stats.size,
    () => null,
  );
}

async function* readChunks(
  path: string,
  hash: string,
  { pieceBytes = CHUNK_BYTES, ...range }: Partial<ByteRange> & { readonly pieceBytes?: number } = {},
): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { ...range, highWaterMark: pieceBytes }) as AsyncIterable<Buffer>;
  } catch (error) {
    absent(hash)(error);
  }
}

function absent(hash: string): (error: unknown) => never {
  return (cause) => {
    if (errorCode(cause) === 'ENOENT') {
      throw new VitrineError('not_found', `Blob ${hash} is not in the store: deploy again.`, { cause });
    }
    throw cause;
  };
}

interface WantedBlob {
  readonly hash: string;
  readonly size: number;
  readonly path: string;
}

const BATCH = 256;

/**
 * Which blobs are there, with the size they should have. Those get a fresh date, each time: a sweep of unused files that runs meanwhile then
 * spares them. Synchronous calls in small batches: an upload asks for thousands at once, and through the thread pool each would cost ten
 * times as much.
 */
async function presentBlobs(blobs: readonly WantedBlob[], now: Date): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  const absent = new Set<string>();
  for (const [index, blob] of blobs.entries()) {
    if (index % BATCH === BATCH - 1) await breathe();
    (isPresent(blob, now) ? present : absent).add(blob.hash);
  }
  for (const hash of absent) present.delete(hash);
  return present;
}

function isPresent({ path, size }: WantedBlob, now: Date): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== size) return false;
  try {
    utimesSync(path, now, now);
    return true;
  } catch {
    return false;
  }
}
