import { mongo } from 'mongoose';

const DUPLICATE_KEY = 11_000;

/** Somebody was first: the unique index refused the second document. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Runs an insert; false when the document was there already. */
export async function insertedOrThere(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert;
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
