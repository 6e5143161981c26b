import { afterAll, beforeAll } from '@jest/globals';
import type { Connection } from 'mongoose';
import type { Stores } from '../../../app/ports.js';
import { createStores } from '../../../app/store/connect.js';
import { migrate } from '../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { migratedDatabase } from '../../support/test-database.js';

export const silent = () => undefined;

/** Opens one database for a test file; each call of the result empties it and gives its stores. */
export function emptyStores(): () => Promise<Stores> {
  let connection: Connection;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = migratedDatabase();
    drop = () => database.drop();
    connection = await openConnection({ uri: database.uri, log: silent });
    await migrate({ connection, log: silent });
  });
  afterAll(async () => {
    await connection.destroy();
    await drop();
  });
  return async () => {
    const db = connection.getClient().db(connection.name);
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
      if (name !== 'migrations') await db.collection(name).deleteMany({});
    }
    return createStores(connection);
  };
}
