import { hash as hashOnce } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
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

const SMALLEST = 512;

const LARGEST = 16 * MIB;

/** Over this size the best quality takes longer than a visitor waits. */
const SLOW = MIB;

const WORTH = 0.95;

const brotli = promisify(brotliCompress);

const deflate = promisify(gzip);

/** Makes the compressed form of a blob once, whoever asks first, and keeps it beside the blob. An empty file says "not worth it". */
export function createEncoder(parts: EncoderParts): BlobEncoder {
  const running = new Map<string, Promise<Buffer | null>>();
  // The thread pool has four threads; the rest of them serve files.
  const lanes = createLanes(2);
  return {
    encoded(hash, encoding) {
      const path = parts.pathOf(hash) + SUFFIX[encoding];
      const asked = running.get(path);
      if (asked !== undefined) return asked;
      const answer = readEncoded(path)
        .then((kept) => kept ?? lanes.run(() => make(parts, { hash, encoding, path })))
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

interface Wanted {
  readonly hash: string;
  readonly encoding: BlobEncoding;
  readonly path: string;
}

async function make(
  { writer, pathOf, readAll }: EncoderParts,
  { hash, encoding, path }: Wanted,
): Promise<Buffer> {
  const nothing = Buffer.alloc(0);
  const { size } = await stat(pathOf(hash)).catch(() => ({ size: 0 }));
  if (size < SMALLEST || size > LARGEST) return nothing;
  const bytes = await compress(await readAll(hash), encoding);
  const kept = bytes.length < size * WORTH ? bytes : nothing;
  await keep(writer, { path, bytes: kept });
  // The blob may have been deleted meanwhile, and then nobody would ever look for this.
  if ((await stat(pathOf(hash)).catch(() => null)) === null) await rm(path, { force: true });
  return kept;
}

/** A disk that is full or read-only costs the next visitor this work once more, but nobody their page. */
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

interface ConcurrencyLimit {
  /** Runs the work as soon as fewer than the given number run. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** A bound on how much happens at once. */
export function createLanes(count: number): ConcurrencyLimit {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
