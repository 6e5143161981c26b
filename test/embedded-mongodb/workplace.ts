import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { findDatabase } from '../../embedded-mongodb/find.js';
import type { Database, FindOptions } from '../../embedded-mongodb/process/database.js';

/** A folder of its own for one test, with every log line and every database that was started in it. */
export type Workplace = AsyncDisposable & {
  readonly folder: string;
  readonly lines: string[];
  find(options?: Partial<FindOptions>): Promise<Database>;
  /** The process that serves the data directory. */
  serverPid(): Promise<number>;
};

/** The whole environment but for what would lead to a database of the machine's own. */
export function bareEnv(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    HOME: process.env['HOME'],
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
    PATH: '/usr/bin:/bin',
    MONGOMS_DOWNLOAD_DIR: '/nonexistent',
    ...changes,
  };
}

export async function workplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-database-'));
  const lines: string[] = [];
  const databases: Database[] = [];
  return {
    folder,
    lines,
    async find(options = {}) {
      const log = (line: string): void => void lines.push(line);
      const database = await findDatabase({
        dataDir: folder,
        env: bareEnv(),
        log,
        allowDownload: false,
        ...options,
      });
      databases.push(database);
      return database;
    },
    async serverPid() {
      const held = JSON.parse(await readFile(join(folder, 'mongodb/held-by.json'), 'utf8')) as {
        server: { pid: number };
      };
      return held.server.pid;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(databases.map((database) => database.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Connects for the length of one piece of work. */
export async function connected<Result>(
  uri: string,
  work: (client: mongo.MongoClient) => Promise<Result>,
): Promise<Result> {
  const client = await mongo.MongoClient.connect(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Only what never comes true waits so long. */
const PATIENCE_MS = 60_000;

/** Looks again and again until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
