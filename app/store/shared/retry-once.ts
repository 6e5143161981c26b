import { mongo } from 'mongoose';

/**
 * A standalone server has no retryable writes. A write that may be repeated without harm gets its second chance here, so that a
 * lost connection costs nothing. Nobody is made to wait twice for a server that does not answer at all.
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
