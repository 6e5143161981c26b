import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';

const COLLECTION = 'githubConnections';

const indexes: readonly IndexDefinition[] = [
  { collection: COLLECTION, name: 'key_id', key: { keyId: 1, _id: 1 } },
];

/** A sealed text names its key between its first two dots, and both tokens of a person are sealed together. */
const KEY_ID = { $arrayElemAt: [{ $split: ['$accessToken', '.'] }, 1] };

/** The tokens of people for GitHub name the key of the operator that they need, so that a new key reaches them. */
async function up(db: mongo.Db): Promise<void> {
  const unnamed = { keyId: { $exists: false }, accessToken: /^v1\./ };
  await db.collection(COLLECTION).updateMany(unnamed, [{ $set: { keyId: KEY_ID } }]);
  await makeIndexes(db, indexes);
}

/** What names the key goes: an older version stores new tokens and leaves the field as it was. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await db.collection(COLLECTION).updateMany({}, { $unset: { keyId: '' } });
}

export const connectionKeys: Migration = { version: 12, name: 'connection-keys', indexes, up, down };
