import { createHash, hash as hashOnce } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { hiddenPath } from '../domain/artifact-path.js';
import { byPath, type ArtifactFile } from '../domain/artifact.js';
import { VitrineError } from '../domain/errors.js';

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
  readonly onProgress?: (progress: HashProgress) => void;
}

interface Found {
  readonly path: string;
  readonly size: number;
}

/** Names every regular file of a directory by its SHA-256. Links are followed only to files inside it. */
export async function hashDirectory(dir: string, options: HashOptions = {}): Promise<HashedDirectory> {
  const root = await realpath(dir).catch((cause: unknown) => {
    throw new VitrineError('bad_request', `The directory ${dir} cannot be read: does the build write it?`, {
      cause,
    });
  });
  const notes: string[] = [];
  const found = await walk(root, notes);
  const files: ArtifactFile[] = [];
  let bytes = 0;
  for (const file of found) {
    if (files.length % BATCH === BATCH - 1) await breathe();
    files.push({ ...file, hash: await hashFile(join(root, file.path), file.size) });
    bytes += file.size;
    options.onProgress?.({ files: files.length, of: found.length, bytes });
  }
  return { files: files.sort(byPath), notes };
}

/** Reads the files of a directory for the packs of an upload. */
export function readFrom(dir: string): (file: ArtifactFile) => AsyncIterable<Uint8Array> {
  return async function* read(file) {
    const path = join(dir, file.path);
    if (file.size <= SMALL_BYTES) yield readFileSync(path);
    else yield* createReadStream(path);
  };
}

async function walk(root: string, notes: string[]): Promise<Found[]> {
  const found: Found[] = [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(root, absolute).split(sep).join('/');
    const fault = entry.isSymbolicLink() ? await linkFault(root, absolute) : null;
    if (fault !== null || !(entry.isFile() || entry.isSymbolicLink())) {
      notes.push(`${JSON.stringify(path)} was left out: ${fault ?? 'it is not a regular file'}.`);
      continue;
    }
    found.push({ path, size: statSync(absolute).size });
  }
  return found;
}

/** A link must carry neither files of the runner nor hidden ones into a public preview. */
async function linkFault(root: string, link: string): Promise<string | null> {
  const target = await realpath(link).catch(() => null);
  if (target === null) return 'it is a link to nothing';
  if (!target.startsWith(root + sep)) return 'it is a link that leaves the directory';
  if (hiddenPath(relative(root, target).split(sep).join('/'))) return 'it is a link to a hidden file';
  return (await stat(target)).isFile() ? null : 'it is a link to something that is not a file';
}

async function hashFile(path: string, size: number): Promise<string> {
  if (size <= SMALL_BYTES) return hashOnce('sha256', readFileSync(path), 'hex');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: SMALL_BYTES }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
