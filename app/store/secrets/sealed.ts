import { type Connection, type Model, trusted } from 'mongoose';
import { deliveredContext } from '../../../src/secrets/delivered.js';
import { keyIdOf } from '../../../src/secrets/envelope.js';
import type { DeliveredStore, SealedCollection } from '../../../src/secrets/store.js';
import { secretContext } from '../../../src/secrets/write.js';
import { MAX_TIME_MS, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';
import { channelContext } from '../../../src/notifications/channel.js';
import { channelModel } from '../notifications/channels.js';
import { secretModel, secretPlace } from './entries.js';

/** Every collection that holds something sealed: a new one has its line here, so that the change of a key reaches it. */
export function sealedCollections(connection: Connection): SealedCollection[] {
  return [
    sealedCollection({
      model: secretModel(connection),
      contextOf: (document) => secretContext(secretPlace(document)),
    }),
    sealedCollection({
      model: deliveredModel(connection),
      contextOf: ({ _id }) => deliveredContext(_id),
    }),
    sealedCollection({
      model: channelModel(connection),
      contextOf: ({ _id, projectId }) => channelContext({ id: _id, projectId }),
    }),
  ];
}

/** A document with a sealed text and, for an index, the id of the key that it needs. */
interface Sealed {
  readonly _id: string;
  readonly sealed?: string;
  readonly keyId?: string;
}

interface SealedKind<Document extends Sealed> {
  readonly model: Model<Document>;
  readonly contextOf: (document: Document) => string;
}

/** Needs an index named `key_id` over `keyId` and `_id`. */
export function sealedCollection<Document extends Sealed>({
  model,
  contextOf,
}: SealedKind<Document>): SealedCollection {
  const { collection } = model;
  return {
    name: collection.name,
    async countByKey() {
      const group = { $group: { _id: '$keyId', count: { $sum: 1 } } };
      const options = { hint: 'key_id', maxTimeMS: MAX_TIME_MS };
      const found = await collection.aggregate<{ _id: string; count: number }>([group], options).toArray();
      return new Map(found.map(({ _id, count }) => [_id, count]));
    },
    async under(keyId, { after, limit }) {
      const filter = {
        keyId: text(keyId, 'the key'),
        ...(after !== null && { _id: { $gt: text(after, 'the id') } }),
      };
      const found = collection.find(filter as never, { hint: 'key_id', maxTimeMS: MAX_TIME_MS });
      const documents = (await found.sort({ _id: 1 }).limit(limit).toArray()) as unknown as Document[];
      return documents.map((document) => ({
        id: document._id,
        sealed: document.sealed ?? '',
        context: contextOf(document),
      }));
    },
    async replace({ id, sealed: before }, sealed) {
      const { modifiedCount } = await retryOnce(() =>
        collection.updateOne({ _id: id as never, sealed: before } as never, {
          $set: { sealed, keyId: keyIdOf(sealed) } as never,
        }),
      );
      return modifiedCount === 1;
    },
  };
}

export function deliveredStore(connection: Connection): DeliveredStore {
  const model = deliveredModel(connection);
  return {
    async get(deploymentId) {
      const found = await model
        .findOne({ _id: text(deploymentId, 'the deployment') })
        .lean<DeliveredDocument>();
      return found?.sealed ?? null;
    },
    async put({ deploymentId, sealed, at }) {
      const _id = text(deploymentId, 'the deployment') as never;
      const set = { sealed, keyId: keyIdOf(sealed), at };
      await retryOnce(() => model.collection.updateOne({ _id }, { $set: set }, { upsert: true }));
    },
    async deleteBefore(at) {
      whole(at.getTime(), 'the time');
      return (await model.deleteMany({ at: trusted({ $lt: at }) }).hint('at')).deletedCount;
    },
  };
}

/** The id is that of the deployment. */
interface DeliveredDocument extends Sealed {
  readonly at: Date;
}

const DELIVERED = 'deliveredSecrets';

const deliveredSchema = strictSchema<DeliveredDocument>({
  _id: String,
  sealed: String,
  keyId: String,
  at: Date,
});

function deliveredModel(connection: Connection): Model<DeliveredDocument> {
  return connection.model<DeliveredDocument>(DELIVERED, deliveredSchema, DELIVERED);
}
