import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, copyFile, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VitrineError } from '../../src/shared/errors.js';

/** Every file that claims a directory begins with this name. */
export const CLAIM_FILE = 'held-by.json';

/** An engine whose App was killed closes its files and leaves by itself; a mongod is told within two seconds. */
const ORPHAN_WAIT_MS = 15_000;

const POLL_MS = 50;

const identity = z.object({ pid: z.int().positive(), started: z.string().optional() });

/** The server is not known before it was started. */
const holder = z.object({ app: identity, server: identity.optional() });

type Holder = z.infer<typeof holder>;

/** A directory that this process has for itself. */
interface Claim {
  /** Notes which server process uses it. */
  hold(server: number): Promise<void>;
  /** Gives it back, once the server has left it. */
  release(): Promise<void>;
}

/**
 * Takes a data directory before anything is looked for or written in it, so that of two starts one hears who has it. Only the
 * error depends on this file: what keeps a second engine out is the lock that MongoDB asks of the kernel, which no `kill -9` leaves.
 */
export async function claim(directory: string): Promise<Claim> {
  const file = join(directory, CLAIM_FILE);
  const app = identify(process.pid);
  while (!(await createWhole(file, JSON.stringify({ app })))) {
    const note = await read(file);
    if (note === undefined) continue;
    await waitForEnd(directory, parse(note));
    if (await takeOver({ directory, file, note, by: { app } })) break;
  }
  return {
    hold: (server) => replaceWhole(file, JSON.stringify({ app, server: identify(server) })),
    release: () => rm(file, { force: true }),
  };
}

/** The error when MongoDB's own lock is held although the claim file is ours: a mongod was started on the directory by hand. */
export async function inUse(directory: string): Promise<VitrineError> {
  const lock = await readFile(join(directory, 'mongod.lock'), 'utf8').catch(() => '');
  return heldBy(directory, Number(lock.trim()) || undefined);
}

/** Waits until the server of an App that has ended has ended too; throws while that App runs. */
async function waitForEnd(directory: string, held: Holder | undefined): Promise<void> {
  if (!held) return;
  const { app, server } = held;
  if (isRunning(app)) throw heldBy(directory, app.pid);
  const deadline = Date.now() + ORPHAN_WAIT_MS;
  while (server && isRunning(server)) {
    if (Date.now() > deadline) throw heldBy(directory, server.pid);
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

interface TakeOver {
  readonly directory: string;
  readonly file: string;
  /** What was read: another may have taken over since. */
  readonly note: string;
  readonly by: Holder;
}

/** Replaces the note of one that crashed. Each such note has a turnstile of its own, which one process passes at a time. */
async function takeOver({ directory, file, note, by }: TakeOver): Promise<boolean> {
  const turnstile = `${file}.${createHash('sha256').update(note).digest('hex').slice(0, 16)}`;
  if (!(await createWhole(turnstile, JSON.stringify(by)))) {
    const other = await read(turnstile);
    if (other === undefined) return false;
    await waitForEnd(directory, parse(other));
    await rm(turnstile, { force: true });
    return false;
  }
  try {
    if ((await read(file)) !== note) return false;
    await replaceWhole(file, JSON.stringify(by));
    return true;
  } finally {
    await rm(turnstile, { force: true });
  }
}

/** Undefined when it is gone; a note that may not be read is an error, or its readers would wait for ever. */
function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

function parse(note: string): Holder | undefined {
  try {
    return holder.safeParse(JSON.parse(note)).data;
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

/** Makes a small file that is never seen half written, unless there is one already; tells whether it did. */
async function createWhole(file: string, text: string): Promise<boolean> {
  const draft = await writeDraft(file, text);
  try {
    await link(draft, file).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) throw error;
      // Some file systems of containers and memory sticks know no links.
      return copyFile(draft, file, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts a small file in the place of another, in one step. */
async function replaceWhole(file: string, text: string): Promise<void> {
  await rename(await writeDraft(file, text), file);
}

async function writeDraft(file: string, text: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text);
  return draft;
}

/** Not by `instanceof`: errors of the platform may come from another realm. */
function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** A process by its number and, where the system tells, when it started: numbers are used again. */
type ProcessIdentity = { readonly pid: number; readonly started?: string | undefined };

export function identify(pid: number): ProcessIdentity {
  const facts = procFacts(pid);
  return facts ? { pid, started: facts.started } : { pid };
}

/**
 * Whether that very process still runs; a zombie, and another process that got its number, do not count. The first thread of a
 * killed process is a zombie while others still end, and until the last of them has ended its files stay locked.
 */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  if (!exists(pid)) return false;
  const facts = procFacts(pid);
  if (!facts) return true;
  return (facts.state !== 'Z' || facts.threads > 1) && (started === undefined || started === facts.started);
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user exists, too: it may only not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** State, threads and start time from /proc, fields 3, 20 and 22, counted after the name, which may hold spaces and brackets. */
function procFacts(pid: number): { state: string; threads: number; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', threads: Number(fields[17]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
