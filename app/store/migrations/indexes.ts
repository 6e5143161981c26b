import { mongo } from 'mongoose';
import pLimit from 'p-limit';
import { VitrineError } from '../../../src/shared/errors.js';
import { isDuplicateKey } from '../shared/write.js';
import type { IndexDefinition, Migration } from './migration.js';

/** Safe to repeat after a crash: an existing index is left unchanged. */
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
      ...(Object.values(key).includes('text') && NO_LANGUAGE),
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const message = `${await describeDuplicates(db, index)} Remove all but one of each and start again.`;
    throw new VitrineError('conflict', message, { cause: error });
  }
}

/** Words of logs are names and numbers. A field `language` of a document would choose a language otherwise. */
const NO_LANGUAGE = { default_language: 'none', language_override: 'languageOfWords' } as const;

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

/** All at once would open every connection of the pool, and on a busy machine the last ones would wait for one until they fail. */
const LANES = 4;

type Found = Pick<mongo.IndexDescriptionInfo, 'name' | 'key' | 'unique'>;

/**
 * Throws when an index is missing: without unique indexes the store could write duplicates, and queries that name an index fail
 * without it.
 */
export async function checkIndexes(db: mongo.Db, applied: readonly Migration[]): Promise<void> {
  const wanted = newest(applied.flatMap(({ indexes }) => indexes));
  const collections = [...new Set(wanted.map(({ collection }) => collection))];
  const lane = pLimit(LANES);
  const lists = await Promise.all(collections.map((collection) => lane(() => indexesOf(db, collection))));
  const there = new Map(collections.map((collection, index) => [collection, lists[index] ?? []]));
  const missing = wanted.filter(
    (index) => !there.get(index.collection)?.some((each) => matchesIndex(index, each)),
  );
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
function matchesIndex({ name, key, unique }: IndexDefinition, found: Found): boolean {
  const isUnique = found.unique === true;
  const sameKey = JSON.stringify(found.key) === JSON.stringify(storedKey(key));
  return found.name === name && sameKey && isUnique === (unique === true);
}

/** The database calls all words of a document `_fts`. */
function storedKey(key: IndexDefinition['key']): Readonly<Record<string, unknown>> {
  const fields = Object.entries(key).flatMap(([name, kind]): (readonly [string, unknown])[] =>
    kind === 'text'
      ? [
          ['_fts', 'text'],
          ['_ftsx', 1],
        ]
      : [[name, kind]],
  );
  return Object.fromEntries(fields);
}

async function indexesOf(db: mongo.Db, collection: string): Promise<readonly Found[]> {
  try {
    return await db.collection(collection).listIndexes().toArray();
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

const SHOWN = 10;

/** Says which documents keep a unique index from being built, so that a person can choose between them. */
async function describeDuplicates(db: mongo.Db, index: IndexDefinition): Promise<string> {
  const { collection, name, key, partial } = index;
  const fields = Object.keys(key);
  const found = await db
    .collection(collection)
    .aggregate<{ values: Record<string, unknown>; ids: unknown[] }>([
      { $match: partial ?? {} },
      {
        $group: {
          _id: fields.map((field) => `$${field}`),
          values: { $first: Object.fromEntries(fields.map((field) => [plain(field), `$${field}`])) },
          ids: { $push: '$_id' },
          count: { $sum: 1 },
        },
      },
      { $match: { count: { $gt: 1 } } },
      { $limit: SHOWN },
    ])
    .toArray();
  const lines = found.map(
    ({ values, ids }) => `${JSON.stringify(values)} in ${ids.slice(0, SHOWN).map(String).join(', ')}`,
  );
  return `The unique index "${name}" of ${collection} cannot be built. Duplicates: ${lines.join('; ')}.`;
}

/** A dot would name a field inside a field. */
function plain(field: string): string {
  return field.replaceAll('.', '_');
}

/** NamespaceNotFound and IndexNotFound. */
const NOT_THERE: readonly unknown[] = [26, 27];

/** The server reports a missing collection or index as an error. */
function isNotThere(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && NOT_THERE.includes(error.code);
}
