import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VitrineError } from '../../../src/domain/errors.js';
import { type ProcessIdentity, identify, isRunning } from './process-identity.js';

const FILE = 'held-by.json';
/** An engine whose App was killed closes its files and leaves by itself; a mongod is told within two seconds. */
const ORPHAN_WAIT_MS = 15_000;
const POLL_MS = 50;

const identity = z.object({ pid: z.int().positive(), started: z.string().optional() });
const holder = z.object({ app: identity, server: identity });

/**
 * Says who uses a data directory before anything is started on it. This file only names the holder: what keeps a second
 * engine out is the lock that MongoDB itself asks of the kernel, which no `kill -9` can leave behind.
 */
export async function refuseIfHeld(directory: string): Promise<void> {
  const held = await readHolder(directory);
  if (!held) return;
  if (isRunning(held.app)) throw heldBy(directory, held.app.pid);
  const deadline = Date.now() + ORPHAN_WAIT_MS;
  while (isRunning(held.server)) {
    if (Date.now() > deadline) throw heldBy(directory, held.server.pid);
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

/** Writes down that this process and its server hold the directory. */
export async function claim(directory: string, server: number): Promise<void> {
  const file = join(directory, FILE);
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify({ app: identify(process.pid), server: identify(server) }));
  await rename(draft, file);
}

/** Takes the note back, once the server has left the directory. */
export async function unclaim(directory: string): Promise<void> {
  await rm(join(directory, FILE), { force: true });
}

/** The error for a directory that MongoDB's own lock guards, when no holder was seen beforehand. */
export async function inUse(directory: string): Promise<VitrineError> {
  const held = await readHolder(directory);
  if (held) return heldBy(directory, held.app.pid);
  const lock = await readFile(join(directory, 'mongod.lock'), 'utf8').catch(() => '');
  return heldBy(directory, Number(lock.trim()) || undefined);
}

async function readHolder(
  directory: string,
): Promise<{ app: ProcessIdentity; server: ProcessIdentity } | undefined> {
  const text = await readFile(join(directory, FILE), 'utf8').catch(() => 'null');
  try {
    return holder.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function heldBy(directory: string, pid: number | undefined): VitrineError {
  return new VitrineError(
    'conflict',
    `The data directory ${directory} is in use by process ${pid ?? '(unknown)'}. ` +
      'Stop that process first, or start this one with another DATA_DIR, or let both share one database through MONGODB_URI.',
  );
}
