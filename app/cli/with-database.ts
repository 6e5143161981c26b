import type { Log } from '../../src/shared/tools.js';
import { findStoreDatabase } from '../compose/open-store.js';
import { envToConfig, type Env } from '../config/config.js';
import { createLog } from '../config/log.js';
import { envToDatabaseUri } from '../config/secrets.js';

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
