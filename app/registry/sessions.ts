import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { RegistryError } from '../../src/images/registry-error.js';
import type { ImageRepository, UploadSession, UploadSessions } from '../../src/images/store.js';
import type { Clock } from '../../src/shared/tools.js';
import { MIB } from '../../src/uploads/limits.js';
import { asDiskFull } from '../blobs/atomic-writer.js';

const LIFE_MS = 60 * 60_000;
const MOST_SESSIONS = 100;
/** So many digests under way are remembered. A file whose digest is not is read once more at its end. */
const REMEMBERED = 500;

interface Running {
  readonly hash: Hash;
  offset: number;
}

/**
 * Sessions as files, so that every process that shares the directory continues every push. Two requests for one session at the same time
 * may mix their bytes; the digest at the end then refuses them.
 */
export function createUploadSessions({ dir, clock }: { dir: string; clock: Clock }): UploadSessions {
  const running = new LRUCache<string, Running>({ max: REMEMBERED });
  const inTurn = pLimit(1);
  const pathOf = ({ id, repository }: UploadSession) =>
    join(folderOf(dir, repository), fileName(id, repository));
  const offsetOf = async (session: UploadSession) =>
    stat(pathOf(session)).then(
      ({ size }) => size,
      () => null,
    );
  return {
    async begin(repository) {
      const session = { id: randomBytes(16).toString('hex'), repository };
      // One after the other: clients begin several at once, and each counts.
      await inTurn(() => makeFile(folderOf(dir, repository), fileName(session.id, repository)));
      running.set(session.id, { hash: createHash('sha256'), offset: 0 });
      return session;
    },
    offset: offsetOf,
    openBytes: (environmentId) => bytesIn(join(dir, environmentId)),
    async append(session, { content, from }) {
      const offset = await offsetOf(session);
      if (offset === null) throw unknownSession();
      if (from !== null && from !== offset) throw wrongRange(offset);
      return appendTo(pathOf(session), { content, at: continuing(running, session, offset) });
    },
    async whole(session) {
      const size = await offsetOf(session);
      if (size === null) throw unknownSession();
      const path = pathOf(session);
      const known = running.get(session.id);
      const hash = known?.offset === size ? known.hash.copy().digest('hex') : await hashFile(path);
      return { hash, size, path };
    },
    async end(session) {
      running.delete(session.id);
      await rm(pathOf(session), { force: true });
    },
    sweep: () => sweepFolders(dir, new Date(clock.now().getTime() - LIFE_MS)),
  };
}

async function makeFile(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length >= MOST_SESSIONS)
    throw new RegistryError('TOOMANYREQUESTS', `${MOST_SESSIONS} pushes are open: end one, or wait an hour.`);
  await (await open(join(folder, name), 'wx', 0o600)).close();
}

/** Ids of environments are 24 hex digits. */
function folderOf(dir: string, { environmentId }: ImageRepository): string {
  return join(dir, environmentId);
}

/** A session counts for the repository that it was begun for. */
function fileName(id: string, { name }: ImageRepository): string {
  return `${id}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

function unknownSession(): RegistryError {
  return new RegistryError(
    'BLOB_UPLOAD_UNKNOWN',
    'There is no such upload, or an hour went by: begin again.',
  );
}

function wrongRange(offset: number): RegistryError {
  return new RegistryError(
    'RANGE_INVALID',
    `The upload has ${offset} bytes: continue there.`,
    rangeHeader(offset),
  );
}

/** The bytes that are there, both ends included. The specification writes the empty range as 0-0. */
export function rangeHeader(offset: number): Readonly<Record<string, string>> {
  return { range: `0-${String(Math.max(0, offset - 1))}` };
}

/** The digest of what is there, if this process has seen all of it. */
function continuing(running: LRUCache<string, Running>, { id }: UploadSession, offset: number): Running {
  const known = running.get(id);
  if (known?.offset === offset) return known;
  running.delete(id);
  return { hash: createHash('sha256'), offset };
}

/** No file ends there: its digest is computed from what it holds. */
const UNKNOWN = -1;

/** Written at once: each write takes a turn of the event loop and of a thread, which cost more than copying the bytes. */
const BATCH_BYTES = MIB / 2;

/** Also when the sender breaks off, all that has come is written: it continues there. */
async function appendTo(
  path: string,
  { content, at }: { content: AsyncIterable<Uint8Array>; at: Running },
): Promise<number> {
  const file = await open(path, 'r+');
  const batches = createBatches(file, at);
  try {
    try {
      for await (const chunk of content) await batches.add(chunk);
    } finally {
      await batches.flush();
    }
    return at.offset;
  } catch (error) {
    throw asDiskFull(error);
  } finally {
    await file.close();
  }
}

/** Hashes what comes while what came before is written. Should a write fail, the digest is of more than what is there. */
function createBatches(file: FileHandle, at: Running) {
  let end = at.offset;
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const write = async (): Promise<void> => {
    const [full, from] = [chunks, end];
    end += bytes;
    chunks = [];
    bytes = 0;
    await writing;
    if (full.length > 0) writing = writeAll(file, full, from);
    // The next `await` throws the failure.
    writing.catch(() => undefined);
  };
  return {
    async add(chunk: Uint8Array): Promise<void> {
      at.offset = UNKNOWN;
      at.hash.update(chunk);
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= BATCH_BYTES) await write();
    },
    async flush(): Promise<void> {
      await write();
      await writing;
      at.offset = end;
    },
  };
}

/** A disk may take a part only. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], from: number): Promise<void> {
  const { bytesWritten } = await file.writev([...chunks], from);
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  if (bytesWritten === total) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  await writeAll(file, [rest], from + bytesWritten);
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function sweepFolders(dir: string, before: Date): Promise<number> {
  let removed = 0;
  for (const folder of await readdir(dir).catch(() => [])) {
    for (const name of await readdir(join(dir, folder)).catch(() => [])) {
      const path = join(dir, folder, name);
      const stats = await stat(path).catch(() => null);
      if (stats === null || stats.mtime >= before) continue;
      await rm(path, { force: true });
      removed += 1;
    }
  }
  return removed;
}
