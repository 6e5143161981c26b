import { findDatabase } from '../../embedded-mongodb/find.js';
import type { Database } from '../../embedded-mongodb/process/database.js';
import type { VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import type { Config, Env } from '../config/config.js';
import { connectStore, type ConnectOptions, type Store } from '../store/connect.js';

interface FindStore {
  readonly config: Pick<Config, 'dataDir'>;
  readonly mongodbUri: string | undefined;
  readonly env: Env;
  readonly log: Log;
}

interface OpenStore extends FindStore, Pick<ConnectOptions, 'around' | 'onInbox'> {}

export interface OpenedStore extends Store {
  /** For another process that works on the same documents. */
  readonly uri: string;
  /** Resolves, with the reason, when the database is gone for good. */
  readonly lost: Promise<VitrineError>;
}

/** Finds the database, brings it up to date and connects. Closing stops everything that was started for it. */
export async function openStore(options: OpenStore): Promise<OpenedStore> {
  const database = await findStoreDatabase(options);
  void database.lost.then(({ message }) => options.log('error', message));
  try {
    const { log, around, onInbox } = options;
    const store = await connectStore({ uri: database.uri, log, around, onInbox });
    const close = () => store.close().finally(() => database.stop());
    return { ...store, uri: database.uri, close, lost: database.lost };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

export function findStoreDatabase({ config, mongodbUri, env, log }: FindStore): Promise<Database> {
  return findDatabase({
    uri: mongodbUri,
    dataDir: config.dataDir,
    env: { ...env },
    log: (line) => log('info', line),
  });
}
