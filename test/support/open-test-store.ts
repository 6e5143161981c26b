import { connectStore, type Store } from '../../app/store/connect.js';
import { migratedDatabase } from './test-database.js';

/** The real store over a database of its own; closing empties it. */
export async function openTestStore(): Promise<Store> {
  const database = migratedDatabase();
  const store = await connectStore({ uri: database.uri, log: () => undefined });
  return {
    ...store,
    async close() {
      await store.close();
      await database.drop();
    },
  };
}
