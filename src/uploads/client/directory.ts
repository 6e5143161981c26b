import { createHash, hash as hashOnce } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { VitrineError } from '../../shared/errors.js';
import { byPath, type ArtifactFile } from '../manifest.js';
import { leftOut } from './left-out.js';
import { walk } from './static-walk.js';

/** Files up to this size are read in one synchronous call: for thousands of small files that takes a third of the time. */
const SMALL_BYTES = 1024 * 1024;
/** So many of them, then whatever else waits gets its turn. */
const BATCH = 64;

export interface HashedDirectory {
  readonly files: readonly ArtifactFile[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

export interface HashProgress {
  readonly files: number;
  readonly of: number;
  readonly bytes: number;
}

export interface HashOptions {
  /** Folders of these names are passed by. */
  readonly without?: readonly string[];
  readonly onProgress?: (progress: HashProgress) => void;
}

/** Names every file of a directory that may be published by its SHA-256. Links are followed only to files inside it. */
export async function hashDirectory(dir: string, options: HashOptions = {}): Promise<HashedDirectory> {
  const root = await realpath(dir).catch((cause: unknown) => {
    throw new VitrineError('bad_request', `The directory ${dir} cannot be read: does the build write it?`, {
      cause,
    });
  });
  const out = leftOut();
  const found = await walk({ root, without: options.without ?? [], leftOut: out });
  const files: ArtifactFile[] = [];
  let bytes = 0;
  for (const file of found) {
    if (files.length % BATCH === BATCH - 1) await breathe();
    files.push({ ...file, hash: await hashFile(join(root, file.path), file.size) });
    bytes += file.size;
    options.onProgress?.({ files: files.length, of: found.length, bytes });
  }
  return { files: files.sort(byPath), notes: out.notes() };
}

/** Reads the files of a directory for the packs of an upload. */
export function readFrom(dir: string): (file: ArtifactFile) => AsyncIterable<Uint8Array> {
  return async function* read(file) {
    const path = join(dir, file.path);
    if (file.size <= SMALL_BYTES) yield readFileSync(path);
    else yield* createReadStream(path);
  };
}

async function hashFile(path: string, size: number): Promise<string> {
  if (size <= SMALL_BYTES) return hashOnce('sha256', readFileSync(path), 'hex');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: SMALL_BYTES }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
