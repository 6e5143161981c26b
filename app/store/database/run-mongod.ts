import { VitrineError } from '../../../src/domain/errors.js';
import { inUse } from './data-directory.js';
import { type Database, type LocalOptions, localUri } from './database.js';
import { run } from './run.js';

const VERSION_TIMEOUT_MS = 10_000;
/** After a crash mongod replays its journal before it answers. */
const LAUNCH_TIMEOUT_MS = 60_000;
/** https://www.mongodb.com/docs/manual/reference/exit-codes/ */
const EXIT_DIRECTORY_IN_USE = 100;

/** The version a mongod says it has; fails when it cannot run here at all. */
export async function mongodVersion(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const output = await run({ command: binary, args: ['--version'], env, timeoutMs: VERSION_TIMEOUT_MS });
  const version = /db version v?(\d+\.\d+\.\d+)/i.exec(output)?.[1];
  if (version) return version;
  throw new Error(`${binary} --version names no version`);
}

/**
 * Runs a mongod on the data directory. mongodb-memory-server brings what mongod itself lacks: a free port, readiness, and a
 * second process that ends mongod when this one is killed. It is loaded only here: most starts do not need it.
 */
export async function runMongod(
  mongod: { binary: string; version: string },
  options: LocalOptions,
): Promise<Omit<Database, 'way'>> {
  const { MongoMemoryServer } = await import('mongodb-memory-server');
  const server = await MongoMemoryServer.create({
    instance: {
      dbPath: options.directory,
      ip: '127.0.0.1',
      storageEngine: 'wiredTiger',
      launchTimeout: LAUNCH_TIMEOUT_MS,
    },
    binary: { systemBinary: mongod.binary, version: mongod.version },
    // A group of its own: Ctrl-C in a terminal reaches the App, which stops the database last.
    spawn: { detached: true, env: options.env },
  }).catch(async (cause: unknown) => {
    throw await notStarted({ binary: mongod.binary, directory: options.directory, cause });
  });
  const info = server.instanceInfo;
  await options.hold(info?.instance.mongodProcess?.pid ?? 0);
  return {
    uri: localUri(info?.port ?? 0),
    stop: async () => void (await server.stop({ doCleanup: false })),
  };
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
