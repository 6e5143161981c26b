import type { Connection } from 'mongoose';
import type { Stores } from '../ports.js';
import { createStores } from './create-stores.js';
import { migrate } from './migrations/migrate.js';
import { openConnection, type StoreAddress } from './open-connection.js';
import { MAX_TIME_MS } from './shared/limits.js';
import { asVitrineError } from './shared/outage.js';

export interface Store {
  readonly stores: Stores;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, brings the database to the version of this code, and hands out the stores. Fails with one clear sentence. */
export async function connectStore(address: StoreAddress): Promise<Store> {
  const connection = await openConnection(address);
  try {
    await migrate({ connection, log: address.log });
  } catch (error) {
    await connection.close();
    throw asVitrineError(error);
  }
  return { stores: createStores(connection), ping: () => ping(connection), close: () => connection.close() };
}

async function ping(connection: Connection): Promise<void> {
  try {
    await connection.getClient().db('admin').command({ ping: 1 }, { timeoutMS: MAX_TIME_MS });
  } catch (error) {
    throw asVitrineError(error);
  }
}
