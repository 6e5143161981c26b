import type { mongo } from 'mongoose';
import { VitrineError } from '../../../src/shared/errors.js';
import { isDuplicateKey } from '../shared/write.js';
import { describeDuplicates } from './duplicates.js';
import type { IndexDefinition } from './migration.js';
import { isNotThere } from './not-there.js';

/** Making one that is there already does nothing, so a build that was cut off is simply run again. */
export async function makeIndexes(db: mongo.Db, indexes: readonly IndexDefinition[]): Promise<void> {
  for (const index of indexes) await makeIndex(db, index);
}

async function makeIndex(db: mongo.Db, index: IndexDefinition): Promise<void> {
  const { collection, key, name, unique, partial, expireAfterSeconds } = index;
  try {
    await db.collection(collection).createIndex(key, {
      name,
      ...(unique && { unique }),
      ...(partial && { partialFilterExpression: partial }),
      ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const message = `${await describeDuplicates(db, index)} Remove all but one of each and start again.`;
    throw new VitrineError('conflict', message, { cause: error });
  }
}

export async function dropIndexes(db: mongo.Db, indexes: readonly IndexDefinition[]): Promise<void> {
  for (const { collection, name } of indexes) await dropIndex(db, { collection, name });
}

async function dropIndex(
  db: mongo.Db,
  { collection, name }: { collection: string; name: string },
): Promise<void> {
  try {
    await db.collection(collection).dropIndex(name);
  } catch (error) {
    if (!isNotThere(error)) throw error;
  }
}
