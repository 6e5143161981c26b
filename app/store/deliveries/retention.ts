import type { Connection, Model, mongo } from 'mongoose';
import type { InboxStore } from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { limitOf, MAX_TIME_MS } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import type { DeliveryDocument } from './document.js';

type Deliveries = mongo.Collection<DeliveryDocument>;

/** Those that nothing will claim again. */
const ENDED = Object.values(DELIVERY_STATUS).filter((status) => status !== DELIVERY_STATUS.stored);

const OPTIONS = { maxTimeMS: MAX_TIME_MS };

/** By the index that lists them by status, from its old end. */
export function deliveryRetention(
  connection: Connection,
  collection: Deliveries,
): Pick<InboxStore, 'dropPayloads' | 'deleteEnded'> {
  const marks = markModel(connection).collection as unknown as mongo.Collection<Mark>;
  return {
    async dropPayloads(before, limit) {
      const { at: from = EPOCH } = (await marks.findOne({ _id: PAYLOADS }, OPTIONS)) ?? {};
      const found = await oldest(collection, { from, before, limit, where: { body: { $ne: EMPTY } } });
      if (found.length > 0)
        await collection.updateMany(
          { _id: { $in: found.map(({ _id }) => _id) }, status: { $in: ENDED } },
          { $set: { body: EMPTY } },
          OPTIONS,
        );
      // Later rounds begin here, instead of looking at every delivery whose payload is gone.
      const until = found.length < limit ? before : (found.at(-1)?.receivedAt ?? before);
      await marks.updateOne({ _id: PAYLOADS }, { $max: { at: until } }, { ...OPTIONS, upsert: true });
      return found.length;
    },
    async deleteEnded(before, limit) {
      const found = await oldest(collection, { from: EPOCH, before, limit });
      const filter = { _id: { $in: found.map(({ _id }) => _id) }, status: { $in: ENDED } };
      if (found.length > 0) await collection.deleteMany(filter, OPTIONS);
      return found.length;
    },
  };
}

type Found = Pick<DeliveryDocument, '_id' | 'receivedAt'>;

function oldest(
  collection: Deliveries,
  { from, before, limit, where = {} }: { from: Date; before: Date; limit: number; where?: object },
): Promise<Found[]> {
  return collection
    .find<Found>(
      {
        status: { $in: ENDED },
        receivedAt: { $gte: from, $lt: before },
        ...where,
      } as mongo.Filter<DeliveryDocument>,
      { projection: { receivedAt: 1 }, ...OPTIONS },
    )
    .sort({ receivedAt: 1, _id: 1 })
    .limit(limitOf({ limit }))
    .hint('status_received')
    .toArray();
}

const EPOCH = new Date(0);

/** The validator asks for bytes, and an older program reads them. */
const EMPTY = Buffer.alloc(0);

const PAYLOADS = 'delivery-payloads';

/** How far a job has come that goes through a collection once. */
interface Mark {
  readonly _id: string;
  readonly at: Date;
}

const MARKS = 'marks';

function markModel(connection: Connection): Model<Mark> {
  return connection.model<Mark>(MARKS, strictSchema<Mark>({ _id: String, at: Date }), MARKS);
}
