import { mongo } from 'mongoose';

/** NamespaceNotFound and IndexNotFound. */
const NOT_THERE: readonly unknown[] = [26, 27];

/** The server tells of a missing collection or index by an error; to us it is an answer. */
export function isNotThere(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && NOT_THERE.includes(error.code);
}
