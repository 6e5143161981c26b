import type { mongo } from 'mongoose';
import { VitrineError } from '../../../src/domain/errors.js';
import type { Migration } from './migration.js';
import { isNotThere } from './not-there.js';

/** Without its unique indexes the store would make two of what must be one, so it does not start without them. */
export async function checkIndexes(db: mongo.Db, applied: readonly Migration[]): Promise<void> {
  const wanted = applied.flatMap(({ indexes }) => indexes).filter(({ unique }) => unique);
  const there = await uniqueIndexes(db, new Set(wanted.map(({ collection }) => collection)));
  const missing = wanted
    .map(({ collection, name }) => `${collection}.${name}`)
    .filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new VitrineError(
    'conflict',
    `The database lacks unique indexes (${missing.join(', ')}): migrate down to version 0 and up again, which builds them.`,
  );
}

async function uniqueIndexes(db: mongo.Db, collections: ReadonlySet<string>): Promise<Set<string>> {
  const lists = await Promise.all(
    [...collections].map(async (collection) => {
      const indexes = await indexesOf(db, collection);
      return indexes.filter((index) => index.unique === true).map((index) => `${collection}.${index.name}`);
    }),
  );
  return new Set(lists.flat());
}

async function indexesOf(db: mongo.Db, collection: string): Promise<mongo.IndexDescriptionInfo[]> {
  try {
    return await db.collection(collection).listIndexes().toArray();
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}
