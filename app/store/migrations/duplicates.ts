import type { mongo } from 'mongoose';
import type { IndexDefinition } from './migration.js';

const SHOWN = 10;

/** Says which documents keep a unique index from being built, so that a person can choose between them. */
export async function describeDuplicates(db: mongo.Db, index: IndexDefinition): Promise<string> {
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
