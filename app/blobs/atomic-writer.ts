import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode, VitrineError } from '../../src/shared/errors.js';
import type { BlobContent } from '../../src/uploads/store.js';

export interface AtomicWriter {
  /** The file appears whole and durable under its path, or not at all. */
  write(file: BlobContent & { readonly path: string }): Promise<void>;
  /** Moves a whole file of the same disk there. */
  adopt(from: string, to: string): Promise<void>;
  /** Waits for those that have their names already, but not durably. */
  landed(paths: readonly string[]): Promise<void>;
}

/** Half-written files live here, so that no reader and no listing ever meets them. */
export const TEMPORARY = 'tmp';

export function createAtomicWriter(
  dir: string,
  directories: DirectorySync = createDirectorySync(),
): AtomicWriter {
  const made = new Map<string, Promise<void>>();
  const landing = new Map<string, Promise<void>>();
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
    const whole = resolve(path);
    const topmost = await mkdir(whole, { recursive: true });
    if (topmost === undefined) return directories.sync(dirname(whole));
    // Each new folder is an entry of its parent.
    for (let at = whole; at.length >= topmost.length; at = dirname(at)) await directories.sync(dirname(at));
  };
  const land = (from: string, to: string) => {
    const work = rename(from, to)
      .then(() => directories.sync(dirname(to)))
      .finally(() => {
        if (landing.get(to) === work) landing.delete(to);
      });
    landing.set(to, work);
    return work;
  };
  return {
    async write(file) {
      const temporary = join(dir, TEMPORARY, randomUUID());
      try {
        await ensure(join(dir, TEMPORARY));
        await ensure(dirname(file.path));
        await writeDurably(temporary, file);
        await land(temporary, file.path);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw asDiskFull(error);
      }
    },
    async adopt(from, to) {
      const handle = await open(from, 'r+');
      await handle.sync().finally(() => handle.close());
      await ensure(dirname(to));
      await land(from, to);
    },
    async landed(paths) {
      if (landing.size === 0) return;
      // The caller that writes the file gets the failure.
      for (const path of paths) await landing.get(path)?.catch(() => undefined);
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

async function copyVerified(handle: FileHandle, blob: BlobContent): Promise<void> {
  for await (const chunk of verified(blob)) await handle.write(chunk);
}

/** Passes the content on, and throws at the end when it was not what it says. */
export async function* verified({ hash, size, content }: BlobContent): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256');
  let written = 0;
  for await (const chunk of content) {
    written += chunk.length;
    if (written > size) throw mismatch(hash, `it is longer than the ${size} bytes it declares`);
    digest.update(chunk);
    yield chunk;
  }
  if (written < size) throw mismatch(hash, `it has ${written} of the ${size} bytes it declares`);
  const actual = digest.digest('hex');
  if (actual !== hash) throw mismatch(hash, `its content has the SHA-256 ${actual}`);
}

function mismatch(hash: string, reason: string): VitrineError {
  return new VitrineError('unprocessable', `File ${hash} was refused: ${reason}. Deploy again.`);
}

/** A disk without room, in words of ours; every other error as it is. */
export function asDiskFull(error: unknown): unknown {
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

interface DirectorySync {
  sync(path: string): Promise<void>;
}

/**
 * A rename is durable only when its directory is synced. Writers that wait for the same directory share the next sync: the one that runs
 * may have begun before their rename.
 */
function createDirectorySync(): DirectorySync {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const start = (path: string): Promise<void> => {
    next.delete(path);
    const run = syncDirectory(path).finally(() => running.delete(path));
    running.set(path, run);
    return run;
  };

  return {
    sync(path) {
      const waiting = next.get(path);
      if (waiting !== undefined) return waiting;
      const current = running.get(path);
      if (current === undefined) return start(path);
      const following = current.then(
        () => start(path),
        () => start(path),
      );
      next.set(path, following);
      return following;
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
