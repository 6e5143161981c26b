import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { errorCode, VitrineError } from '../../../src/shared/errors.js';
import { healthRules } from '../../../src/shared/health-schemas.js';
import type { ProgramId } from '../../../src/targets/node/runner.js';
import { identityOf, isAlive, type ProcessIdentity } from './identity.js';

export const identitySchema = z.object({ pid: z.number(), started: z.string() });

const recordSchema = z.object({
  /** Null before the first start, and after a stop. */
  leader: identitySchema.nullable(),
  port: z.number().nullable(),
  version: z.string(),
  command: z.array(z.string()),
  memoryBytes: z.number(),
  healthPath: z.string(),
  ...healthRules(),
  started: z.boolean().default(false),
  destroyed: z.array(z.string()).nullable().default(null),
});

/** What is known of a program, beside its files: another server finds it by this. Secrets are not in it. */
export type ProgramRecord = z.infer<typeof recordSchema>;

/** Where the parts of one program are. */
export interface ProgramFolder {
  readonly dir: string;
  readonly app: string;
  readonly home: string;
  readonly log: string;
  readonly end: string;
  /** One folder each. */
  readonly hooks: string;
}

const NAME = /^(.+)-g(\d+)-(\w+)$/;

export type Records = ReturnType<typeof createRecords>;

/** The programs in a directory, one folder each. Several processes may share it. */
export function createRecords(root: string) {
  const programs = join(root, 'programs');
  const nameOf = ({ slug, generation, deploymentId }: ProgramId): string => {
    const name = `${slug}-g${String(generation)}-${deploymentId}`;
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.') || !NAME.test(name))
      throw new VitrineError('bad_request', 'This is not the name of a program.');
    return name;
  };
  const folderOf = (id: ProgramId): ProgramFolder => {
    const dir = join(programs, nameOf(id));
    const [app, home, log] = [join(dir, 'app'), join(dir, 'home'), join(dir, 'log')];
    return { dir, app, home, log, end: join(dir, 'end.json'), hooks: join(dir, 'hooks') };
  };
  const read = (id: ProgramId) => readRecord(join(folderOf(id).dir, 'record.json'));
  return {
    folderOf,
    read,
    /** Whole after a crash at any moment. */
    async write(id: ProgramId, record: ProgramRecord): Promise<void> {
      const { dir } = folderOf(id);
      await mkdir(dir, { recursive: true });
      const path = join(dir, `record.json.${randomUUID()}`);
      await writeFile(path, JSON.stringify(record), { mode: 0o600, flush: true });
      await rename(path, join(dir, 'record.json'));
    },
    /** By the names of the folders: a crash may have come before a record was written. */
    async *list(): AsyncGenerator<ProgramId> {
      for (const name of await readdir(programs).catch(() => [])) {
        const [, slug, generation, deploymentId] = NAME.exec(name) ?? [];
        if (slug === undefined || deploymentId === undefined) continue;
        yield { slug, generation: Number(generation), deploymentId };
      }
    },
    /** One call at a time for each program, also of other processes. */
    alone: <T>(id: ProgramId, work: () => Promise<T>): Promise<T> =>
      alone(join(root, 'program-locks', nameOf(id)), work),
    /** A port that is free, for this program alone until it is given back. */
    takePort: (id: ProgramId) =>
      takePort(join(root, 'program-ports'), {
        owner: nameOf(id),
        isNamed: async (name, port) => (await readRecord(join(programs, name, 'record.json')))?.port === port,
      }),
    async freePort(port: number | null): Promise<void> {
      if (port !== null) await rm(join(root, 'program-ports', String(port)), { force: true });
    },
  };
}

async function readRecord(path: string): Promise<ProgramRecord | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : recordSchema.parse(JSON.parse(text));
}

/** A file that exists once and is whole from its first moment on. False when another process has it. */
async function claim(path: string, content: unknown): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(content), { mode: 0o600 });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function me(): Promise<ProcessIdentity> {
  const identity = await identityOf(process.pid);
  if (identity === null) throw new Error('The system does not say when this process was started.');
  return identity;
}

const LOCK_LOOK_MS = 25;

async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const own = { holder: await me(), token: randomUUID() };
  while (!(await claim(path, own))) {
    const held = await readHolder(path);
    if (held !== null && !(await isAlive(held.holder))) await moveAway(path, held);
    else await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MS));
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** The process that held the lock is gone. Another process may have found that out too, and hold the lock by now: then it is put back. */
async function moveAway(path: string, left: Holder): Promise<void> {
  const moved = `${path}.${randomUUID()}`;
  const isMoved = await rename(path, moved).then(
    () => true,
    () => false,
  );
  if (!isMoved) return;
  if ((await readHolder(moved))?.token !== left.token) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
}

const holderSchema = z.object({
  holder: identitySchema,
  /** Of a lock. */
  token: z.string().optional(),
  /** Of a port. */
  owner: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

async function readHolder(path: string): Promise<Holder | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : holderSchema.parse(JSON.parse(text));
}

const FIRST_PORT = 30_000;
const PORTS = 10_000;

interface Taking {
  readonly owner: string;
  /** Whether the record of this program names the port. */
  readonly isNamed: (owner: string, port: number) => Promise<boolean>;
}

/** From a random place on, so that a port that was just given back is not taken again at once. */
async function takePort(dir: string, { owner, isNamed }: Taking): Promise<number> {
  const holder = await me();
  const start = Math.floor(Math.random() * PORTS);
  for (let step = 0; step < PORTS; step += 1) {
    const port = FIRST_PORT + ((start + step) % PORTS);
    const path = join(dir, String(port));
    const known = await readHolder(path);
    // Its program has another port by now or is gone, and the server that took it for that ended before it wrote that down.
    if (known && !(await isNamed(known.owner ?? '', port)) && !(await isAlive(known.holder)))
      await rm(path, { force: true });
    if (!(await claim(path, { holder, owner }))) continue;
    if (await isFree(port)) return port;
    await rm(path, { force: true });
  }
  throw new VitrineError('unavailable', 'All ports from 30000 to 39999 are taken: remove previews.');
}

/** Some other program of this machine may listen there. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
