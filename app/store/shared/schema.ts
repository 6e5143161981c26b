import { type Connection, type mongo, Schema, type SchemaDefinition } from 'mongoose';
import { MAX_TIME_MS } from './query.js';

const QUERIES = [
  'find',
  'findOne',
  'findOneAndUpdate',
  'countDocuments',
  'updateOne',
  'deleteOne',
  'deleteMany',
] as const;

/**
 * Unknown fields throw instead of being dropped: a dropped filter would match every document. Indexes are made by migrations,
 * never at run time; the versions that compare-and-set needs are our own.
 */
export function strictSchema<T>(definition: SchemaDefinition): Schema<T> {
  const schema = new Schema<T>(definition as SchemaDefinition<T>, {
    strict: 'throw',
    strictQuery: 'throw',
    minimize: false,
    versionKey: false,
    id: false,
    autoIndex: false,
    autoCreate: false,
  });
  for (const query of QUERIES) {
    schema.pre(query, function limitTime() {
      this.setOptions({ maxTimeMS: MAX_TIME_MS });
    });
  }
  return schema;
}

/** A collection without a schema, for documents that are read and written in large numbers. Its validator is in the database. */
export function collectionOf<T extends { readonly _id: string }>(
  connection: Connection,
  name: string,
): mongo.Collection<T> {
  return connection.getClient().db(connection.name).collection<T>(name) as unknown as mongo.Collection<T>;
}
