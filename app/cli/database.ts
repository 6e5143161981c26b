import type { Log } from '../../src/shared/tools.js';
import { findStoreDatabase } from '../compose/open-store.js';
import { type Env, envToConfig } from '../config/config.js';
import { createLog } from '../config/log.js';
import { envToDatabaseUri } from '../config/secrets.js';
import { openConnection } from '../store/open-connection.js';

export interface CommandSurroundings {
  readonly env: Env;
  readonly print: (line: string) => void;
}

/** Work on the database alone, without a server. */
export async function withDatabase<T>(
  { env, print }: CommandSurroundings,
  work: (database: { uri: string; log: Log }) => Promise<T>,
): Promise<T> {
  const config = envToConfig(env);
  const log = createLog({ level: config.logLevel, clock: { now: () => new Date() }, write: print });
  const database = await findStoreDatabase({ config, mongodbUri: envToDatabaseUri(env), env, log });
  try {
    return await work({ uri: database.uri, log });
  } finally {
    await database.stop();
  }
}

export interface Opened {
  readonly connection: Awaited<ReturnType<typeof openConnection>>;
  readonly log: Log;
}

export type OnDatabase = <T>(work: (open: Opened) => Promise<T>) => Promise<T>;

/** The same over a connection that is not migrated by opening it. */
export function onDatabase(surroundings: CommandSurroundings): OnDatabase {
  return (work) =>
    withDatabase(surroundings, async ({ uri, log }) => {
      const connection = await openConnection({ uri, log });
      return work({ connection, log }).finally(() => connection.close());
    });
}
