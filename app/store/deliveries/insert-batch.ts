import { mongo } from 'mongoose';
import { MAX_TIME_MS } from '../shared/limits.js';
import { isDuplicateKey } from '../shared/write.js';

/** Inserts all in one command. Those that are there already are not written; their positions are returned. */
export async function insertBatch<T extends mongo.Document>(
  collection: mongo.Collection<T>,
  documents: readonly mongo.OptionalUnlessRequiredId<T>[],
): Promise<readonly number[]> {
  try {
    await collection.insertMany(documents, { ordered: false, maxTimeMS: MAX_TIME_MS });
    return [];
  } catch (error) {
    const there = duplicatesOf(error);
    // Nothing counts as stored by the mere absence of a complaint: the numbers must add up.
    if (there && there.positions.length + there.inserted === documents.length) return there.positions;
    throw unwrapped(error);
  }
}

interface Duplicates {
  readonly positions: readonly number[];
  readonly inserted: number;
}

function duplicatesOf(error: unknown): Duplicates | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || !isDuplicateKey(error)) return null;
  if (error.result.getWriteConcernError()) return null;
  const complaints = [error.writeErrors].flat() as mongo.WriteError[];
  const positions = complaints.filter(({ code }) => code === error.code).map(({ index }) => index);
  return { positions, inserted: error.insertedCount };
}

/** The driver dresses a lost connection up as a failed batch with no failed document in it. */
function unwrapped(error: unknown): unknown {
  const inner = error instanceof mongo.MongoBulkWriteError ? (error.errorResponse as unknown) : undefined;
  return inner instanceof Error ? inner : error;
}
