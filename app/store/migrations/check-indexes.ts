import type { mongo } from 'mongoose';
import { VitrineError } from '../../../src/shared/errors.js';
import type { IndexDefinition, Migration } from './migration.js';
import { isNotThere } from './not-there.js';

type Found = Pick<mongo.IndexDescriptionInfo, 'name' | 'key' | 'unique'>;

/**
 * Without its unique indexes the store would make two of what must be one, and queries that name another one fail without it: so
 * it does not start unless all are there.
 */
export async function checkIndexes(db: mongo.Db, applied: readonly Migration[]): Promise<void> {
  const wanted = newest(applied.flatMap(({ indexes }) => indexes));
  const collections = [...new Set(wanted.map(({ collection }) => collection))];
  const lists = await Promise.all(collections.map((collection) => indexesOf(db, collection)));
  const there = new Map(collections.map((collection, index) => [collection, lists[index] ?? []]));
  const missing = wanted.filter((index) => !there.get(index.collection)?.some((each) => isThe(index, each)));
  if (missing.length === 0) return;
  const names = missing.map(({ collection, name }) => `${collection}.${name}`).join(', ');
  throw new VitrineError(
    'conflict',
    `The database lacks indexes, or has others under their names (${names}): migrate down to version 0 and up again, which builds them.`,
  );
}

/** A later migration may have given a name to another index. */
function newest(indexes: readonly IndexDefinition[]): readonly IndexDefinition[] {
  return [...new Map(indexes.map((index) => [`${index.collection}.${index.name}`, index])).values()];
}

/** The order of the fields is part of a key. */
function isThe({ name, key, unique }: IndexDefinition, found: Found): boolean {
  const isUnique = found.unique === true;
  return (
    found.name === name && JSON.stringify(found.key) === JSON.stringify(key) && isUnique === (unique === true)
  );
}

async function indexesOf(db: mongo.Db, collection: string): Promise<readonly Found[]> {
  try {
    return await db.collection(collection).listIndexes().toArray();
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}
