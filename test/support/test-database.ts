import { randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';
import { MIGRATIONS } from '../../app/store/migrations/lock.js';

/** A database nobody else uses, on the server that all tests of a run share. */
export type TestDatabase = { readonly uri: string; readonly name: string; drop(): Promise<void> };

/** Names a fresh, empty database; `drop` it when the test is over. */
export function testDatabase(): TestDatabase {
  const { uri, name } = named(freshName());
  return {
    uri,
    name,
    drop: () => withClient(uri, async (client) => void (await client.db(name).dropDatabase())),
  };
}

const migrated: string[] = [];

/**
 * A database that an earlier test of this process may have used: its collections and indexes are there, and no documents. A server that
 * starts on it saves a third of a second.
 */
export function migratedDatabase(): TestDatabase {
  const { uri, name } = named(migrated.pop() ?? freshName());
  return {
    uri,
    name,
    async drop() {
      await withClient(uri, (client) => removeDocuments(client.db(name)));
      migrated.push(name);
    },
  };
}

async function removeDocuments(db: mongo.Db): Promise<void> {
  const collections = await db.collections();
  const ours = collections.filter(({ collectionName }) => collectionName !== MIGRATIONS);
  await Promise.all(ours.map((collection) => collection.deleteMany({})));
}

async function withClient(uri: string, work: (client: mongo.MongoClient) => Promise<void>): Promise<void> {
  const client = await mongo.MongoClient.connect(uri);
  await work(client).finally(() => client.close());
}

function freshName(): string {
  return `test_${randomBytes(8).toString('hex')}`;
}

function named(name: string): Pick<TestDatabase, 'uri' | 'name'> {
  const server = process.env['TEST_MONGODB_URI'];
  if (!server) throw new Error('TEST_MONGODB_URI is not set: start the tests with "npm run unit".');
  return { name, uri: withDatabase(server, name) };
}

/** Only the path changes: hosts may be many, which `URL` cannot read, and options must stay. */
function withDatabase(uri: string, name: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri);
  if (!parts) throw new Error('TEST_MONGODB_URI is not a MongoDB address.');
  return `${parts[1]}/${name}${parts[2] ?? ''}`;
}
