import type { Connection, Model } from 'mongoose';
import type { RequestRateStore } from '../../../src/people/request-rates.js';
import { MAX_TIME_MS, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { REPEATABLE } from '../shared/write.js';

/** One document for each window of each caller that asks often. */
export function requestRateStore(connection: Connection): RequestRateStore {
  const model = requestRateModel(connection);
  return {
    async add(window, { count, expiresAt }) {
      const counted = await model
        .findOneAndUpdate(
          { _id: text(window, 'the window') },
          { $inc: { count: whole(count, 'the count') }, $setOnInsert: { expiresAt } },
          // A count that a crash loses does no harm.
          { upsert: true, returnDocument: 'after', ...REPEATABLE },
        )
        .lean<RequestRateDocument>();
      return counted?.count ?? count;
    },
    async deleteExpired(before) {
      const over = { expiresAt: { $lt: before } };
      const { deletedCount } = await model.collection.deleteMany(over, {
        hint: 'expiry',
        maxTimeMS: MAX_TIME_MS,
      });
      return deletedCount;
    },
  };
}

interface RequestRateDocument {
  readonly _id: string;
  readonly count: number;
  readonly expiresAt: Date;
}

export const REQUEST_RATES = 'requestRates';

const requestRateSchema = strictSchema<RequestRateDocument>({ _id: String, count: Number, expiresAt: Date });

function requestRateModel(connection: Connection): Model<RequestRateDocument> {
  return connection.model<RequestRateDocument>(REQUEST_RATES, requestRateSchema, REQUEST_RATES);
}
