import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VitrineError } from '../../src/domain/errors.js';
import type { BlobContent } from '../../src/ports-artifacts.js';
import { errorCode } from './error-code.js';
import { createDirectorySync } from './directory-sync.js';

export interface AtomicWriter {
  /** The file appears whole and durable under its path, or not at all. */
  write(file: BlobContent & { readonly path: string }): Promise<void>;
}

/** Half-written files live here, so that no reader and no listing ever meets them. */
export const TEMPORARY = 'tmp';

export function createAtomicWriter(dir: string): AtomicWriter {
  const directories = createDirectorySync();
  const made = new Map<string, Promise<void>>();
  const ensure = (path: string) => {
    const making =
      made.get(path) ??
      makeDirectory(path).catch((error: unknown) => {
        made.delete(path);
        throw error;
      });
    made.set(path, making);
    return making;
  };
  const makeDirectory = async (path: string) => {
    await mkdir(path, { recursive: true });
    await directories.sync(dirname(path));
  };
  return {
    async write(file) {
      const temporary = join(dir, TEMPORARY, randomUUID());
      try {
        await ensure(join(dir, TEMPORARY));
        await ensure(dirname(file.path));
        await writeDurably(temporary, file);
        await rename(temporary, file.path);
        await directories.sync(dirname(file.path));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw asDiskFull(error);
      }
    },
  };
}

async function writeDurably(path: string, blob: BlobContent): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    await copyVerified(handle, blob);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function copyVerified(handle: FileHandle, { hash, size, content }: BlobContent): Promise<void> {
  const digest = createHash('sha256');
  let written = 0;
  for await (const chunk of content) {
    written += chunk.length;
    if (written > size) throw mismatch(hash, `it is longer than the ${size} bytes it declares`);
    digest.update(chunk);
    await handle.write(chunk);
  }
  if (written < size) throw mismatch(hash, `it has ${written} of the ${size} bytes it declares`);
  const actual = digest.digest('hex');
  if (actual !== hash) throw mismatch(hash, `its content has the SHA-256 ${actual}`);
}

function mismatch(hash: string, reason: string): VitrineError {
  return new VitrineError('unprocessable', `File ${hash} was refused: ${reason}. Deploy again.`);
}

function asDiskFull(error: unknown): unknown {
  const code = errorCode(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new VitrineError(
    'disk_full',
    'The server has no room for this upload: free some disk, then deploy again.',
    {
      cause: error,
    },
  );
}
