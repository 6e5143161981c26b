import { connectStore, type Store } from '../../app/store/connect.js';
import { testDatabase } from './test-database.js';

/** The real store over a database of its own; closing drops it. */
export async function openTestStore(): Promise<Store> {
  const database = testDatabase();
  const store = await connectStore({ uri: database.uri, log: () => undefined });
  return {
    ...store,
    async close() {
      await store.close();
      await database.drop();
    },
  };
}
