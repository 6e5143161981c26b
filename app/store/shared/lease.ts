import type { Connection, Model } from 'mongoose';
import type { LeaseStore } from '../../../src/shared/tools.js';
import { text, whole } from './query.js';
import { strictSchema } from './schema.js';
import { insertedOrThere } from './write.js';

/** Leases by name. They run on the clock of the database, so the clocks of the servers need not agree. */
export function leaseStore(connection: Connection): LeaseStore {
  const { collection } = leaseModel(connection);
  return {
    async acquire({ name, owner, ms }) {
      const _id = text(name, 'the lease') as never;
      await insertedOrThere(collection.insertOne({ _id, owner: '', until: new Date(0) }));
      const free = { _id, $expr: { $lte: ['$until', '$$NOW'] } };
      return took(await collection.updateOne(free, [{ $set: { owner: literal(owner), until: end(ms) } }]));
    },
    async renew({ name, owner, ms }) {
      const mine = { _id: text(name, 'the lease') as never, owner: text(owner, 'the owner') };
      return took(await collection.updateOne(mine, [{ $set: { until: end(ms) } }]));
    },
    async release({ name, owner }) {
      const mine = { _id: text(name, 'the lease') as never, owner: text(owner, 'the owner') };
      await collection.deleteOne(mine);
    },
  };
}

function took({ matchedCount }: { readonly matchedCount: number }): boolean {
  return matchedCount === 1;
}

/** In a pipeline, a text that begins with `$` would be read as a field. */
function literal(owner: string): object {
  return { $literal: text(owner, 'the owner') };
}

function end(ms: number): object {
  return { $add: ['$$NOW', whole(ms, 'the time')] };
}

interface LeaseDocument {
  readonly _id: string;
  /** Empty while no process holds it. */
  readonly owner: string;
  readonly until: Date;
}

const LEASES = 'leases';

const leaseSchema = strictSchema<LeaseDocument>({ _id: String, owner: String, until: Date });

function leaseModel(connection: Connection): Model<LeaseDocument> {
  return connection.model<LeaseDocument>(LEASES, leaseSchema, LEASES);
}
