import { randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';

/** A database nobody else uses, on the server that all tests of a run share. */
export type TestDatabase = { readonly uri: string; readonly name: string; drop(): Promise<void> };

/** Names a fresh, empty database; `drop` it when the test is over. */
export function testDatabase(): TestDatabase {
  const server = process.env['TEST_MONGODB_URI'];
  if (!server) throw new Error('TEST_MONGODB_URI is not set: start the tests with "npm run unit".');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const uri = withDatabase(server, name);
  return {
    uri,
    name,
    async drop() {
      const client = await mongo.MongoClient.connect(uri);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}

/** Only the path changes: hosts may be many, which `URL` cannot read, and options must stay. */
function withDatabase(uri: string, name: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri);
  if (!parts) throw new Error('TEST_MONGODB_URI is not a MongoDB address.');
  return `${parts[1]}/${name}${parts[2] ?? ''}`;
}
