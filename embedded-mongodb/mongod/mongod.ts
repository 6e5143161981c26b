import type { ChildProcess } from 'node:child_process';
import { VitrineError } from '../../src/shared/errors.js';
import { inUse } from '../process/data-directory.js';
import { type Database, type LocalOptions, type ServerProcess, localUri } from '../process/database.js';
import { keepRunning } from '../process/keep-running.js';

/** After a crash mongod replays its journal before it answers. */
const LAUNCH_TIMEOUT_MS = 60_000;
/** https://www.mongodb.com/docs/manual/reference/exit-codes/ */
const EXIT_DIRECTORY_IN_USE = 100;

type Mongod = { readonly binary: string; readonly version: string };

/** Runs a mongod on the data directory, and keeps it running. */
export async function runMongod(mongod: Mongod, options: LocalOptions): Promise<Omit<Database, 'way'>> {
  const start = (port: number) => startMongod(mongod, { ...options, port });
  const { port, lost, stop } = await keepRunning({ ...options, name: 'mongod', start });
  return { uri: localUri(port), lost, stop };
}

/**
 * mongodb-memory-server brings what mongod itself lacks: a free port, readiness, and a second process that ends mongod when this
 * one is killed. It is loaded only here: most starts do not need it.
 */
async function startMongod(
  mongod: Mongod,
  { directory, env, port }: Pick<LocalOptions, 'directory' | 'env'> & { readonly port: number },
): Promise<ServerProcess> {
  const { MongoMemoryServer } = await import('mongodb-memory-server');
  const server = await MongoMemoryServer.create({
    instance: {
      dbPath: directory,
      ip: '127.0.0.1',
      storageEngine: 'wiredTiger',
      launchTimeout: LAUNCH_TIMEOUT_MS,
      // Left alone, it would take another port than the one that was asked for when that is taken.
      ...(port !== 0 && { port, portGeneration: false }),
    },
    binary: { systemBinary: mongod.binary, version: mongod.version },
    // A group of its own: Ctrl-C in a terminal reaches the App, which stops the database last.
    spawn: { detached: true, env },
  }).catch(async (cause: unknown) => {
    throw await notStarted({ binary: mongod.binary, directory, cause });
  });
  const info = server.instanceInfo;
  const process = info?.instance.mongodProcess;
  return {
    pid: process?.pid ?? 0,
    port: info?.port ?? 0,
    ended: endOf(process),
    stop: async () => void (await server.stop({ doCleanup: false })),
  };
}

function endOf(process: ChildProcess | undefined): Promise<string> {
  return new Promise((resolve) => {
    if (!process || process.exitCode !== null || process.signalCode !== null) return resolve('at once');
    process.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function notStarted({
  binary,
  directory,
  cause,
}: {
  binary: string;
  directory: string;
  cause: unknown;
}): Promise<VitrineError> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (reason.includes(`code "${EXIT_DIRECTORY_IN_USE}"`)) return inUse(directory);
  const remedy = 'Set MONGODB_URI to a running MongoDB, or repair the cause and start again';
  return new VitrineError('unavailable', `${binary} did not start on ${directory}: ${reason}. ${remedy}.`, {
    cause,
  });
}
