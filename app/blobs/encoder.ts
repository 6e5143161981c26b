import { hash as hashOnce } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import pLimit from 'p-limit';
import { MIB } from '../../src/uploads/limits.js';
import type { BlobEncoding } from '../../src/uploads/store.js';
import type { AtomicWriter } from './atomic-writer.js';

interface BlobEncoder {
  encoded(hash: string, encoding: BlobEncoding): Promise<Buffer | null>;
}

interface EncoderParts {
  readonly writer: AtomicWriter;
  readonly pathOf: (hash: string) => string;
  readonly readAll: (hash: string) => Promise<Buffer>;
}

const SUFFIX = { br: '.br', gzip: '.gz' } as const;

export const ENCODED_SUFFIXES = Object.values(SUFFIX);

/** Compressing files outside these sizes saves too little, or takes too much memory. */
const SMALLEST = 512;
const LARGEST = 16 * MIB;

/** Above this size the best quality takes longer than a visitor should wait. */
const SLOW = MIB;

/** A compressed form must be at least this much smaller, or it is not kept. */
const WORTH = 0.95;

const brotli = promisify(brotliCompress);

const deflate = promisify(gzip);

/**
 * Makes the compressed form of a blob once, also when several visitors ask at the same time, and keeps it beside the blob. An empty
 * file means that compression is not worth it.
 */
export function createEncoder(parts: EncoderParts): BlobEncoder {
  const running = new Map<string, Promise<Buffer | null>>();
  // The thread pool has four threads; the rest of them serve files.
  const limit = pLimit(2);
  return {
    encoded(hash, encoding) {
      const path = parts.pathOf(hash) + SUFFIX[encoding];
      const underWay = running.get(path);
      if (underWay !== undefined) return underWay;
      const answer = readEncoded(path)
        .then((kept) => kept ?? limit(() => make(parts, { hash, encoding, path })))
        .then((bytes) => (bytes.length === 0 ? null : bytes))
        .finally(() => running.delete(path));
      running.set(path, answer);
      return answer;
    },
  };
}

async function readEncoded(path: string): Promise<Buffer | null> {
  return readFile(path).catch(() => null);
}

interface Encoding {
  readonly hash: string;
  readonly encoding: BlobEncoding;
  readonly path: string;
}

async function make(
  { writer, pathOf, readAll }: EncoderParts,
  { hash, encoding, path }: Encoding,
): Promise<Buffer> {
  const nothing = Buffer.alloc(0);
  const { size } = await stat(pathOf(hash)).catch(() => ({ size: 0 }));
  if (size < SMALLEST || size > LARGEST) return nothing;
  const bytes = await compress(await readAll(hash), encoding);
  const kept = bytes.length < size * WORTH ? bytes : nothing;
  await keep(writer, { path, bytes: kept });
  // If the blob was deleted meanwhile, nothing would ever delete its compressed form.
  if ((await stat(pathOf(hash)).catch(() => null)) === null) await rm(path, { force: true });
  return kept;
}

/** When the disk is full or read-only, the visitor still gets the file, and the next visitor causes the same work again. */
async function keep(
  writer: AtomicWriter,
  { path, bytes }: { readonly path: string; readonly bytes: Buffer },
): Promise<void> {
  const hash = hashOnce('sha256', bytes, 'hex');
  await writer.write({ path, hash, size: bytes.length, content: [bytes] }).catch(() => undefined);
}

async function compress(bytes: Buffer, encoding: BlobEncoding): Promise<Buffer> {
  if (encoding === 'gzip') return deflate(bytes, { level: bytes.length > SLOW ? 6 : 9 });
  return brotli(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes.length > SLOW ? 5 : 9,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
