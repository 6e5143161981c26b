import { mongo } from 'mongoose';

const DUPLICATE_KEY = 11_000;

/** Another writer was first: the unique index refused the second document. */
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

/**
 * Repeats an idempotent write once after a lost connection, because a standalone server has no retryable writes. A timeout is not
 * retried.
 */
export async function retryOnce<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!connectionWasLost(error)) throw error;
    return write();
  }
}

function connectionWasLost(error: unknown): boolean {
  return error instanceof mongo.MongoNetworkError && !(error instanceof mongo.MongoNetworkTimeoutError);
}

/** 24 hex digits that grow with time: lists are ordered and paged by them, newest first. */
export function newId(): string {
  return new mongo.ObjectId().toHexString();
}

/**
 * For a write that does not wait for the journal: if a crash of the database loses it, the server does the same again from what is
 * stored before it. The journal keeps the order of writes, so it also holds once a later write has waited.
 */
export const REPEATABLE = { writeConcern: { w: 1, journal: false } } as const;
