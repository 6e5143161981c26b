import { type Connection, type Model, type mongo, Schema, type SchemaDefinition } from 'mongoose';
import { VitrineError } from '../../../src/shared/errors.js';
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

/**
 * The driver's collection, for what every event reads and writes. Mongoose builds a query and walks the schema for each command, which takes
 * several times as long as the command in the driver. The caller casts the values of its filters (query.ts) and limits the time.
 */
export function driverOf<T extends mongo.Document>({ collection }: Model<T>): mongo.Collection<T> {
  return collection as unknown as mongo.Collection<T>;
}

/** For the driver's commands; Mongoose's have it from their schema. */
export const TIMED = { maxTimeMS: MAX_TIME_MS } as const;

/** Mongoose would refuse fields that the schema does not know, the driver would write them. */
export function onlyFields<T extends object>(patch: T, { schema }: { readonly schema: Schema }): T {
  const unknown = Object.keys(patch).find((field) => !schema.path(field));
  if (unknown === undefined) return patch;
  throw new VitrineError(
    'bad_request',
    `The write was refused: there is no field ${JSON.stringify(unknown.slice(0, 40))}.`,
  );
}
