import { type Connection, type Model, trusted } from 'mongoose';
import { deliveredContext } from '../../../src/secrets/delivered.js';
import { keyIdOf } from '../../../src/secrets/envelope.js';
import type { DeliveredStore, SealedCollection, SealedDocument } from '../../../src/secrets/store.js';
import { secretContext } from '../../../src/secrets/write.js';
import { MAX_TIME_MS, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';
import { channelContext } from '../../../src/notifications/channel.js';
import { connectionContext } from '../../../src/people/github-access.js';
import { connectionModel } from '../people/github-connections.js';
import { channelModel } from '../notifications/channels.js';
import { secretModel, secretPlace } from './entries.js';

/** Every collection that holds something sealed: a new one has its line here, so that the change of a key reaches it. */
export function sealedCollections(connection: Connection): SealedCollection[] {
  return [
    sealedCollection({
      model: secretModel(connection),
      contextsOf: (document) => ({ sealed: secretContext(secretPlace(document)) }),
    }),
    sealedCollection({
      model: deliveredModel(connection),
      contextsOf: ({ _id }) => ({ sealed: deliveredContext(_id) }),
    }),
    sealedCollection({
      model: channelModel(connection),
      contextsOf: ({ _id, projectId }) => ({ sealed: channelContext({ id: _id, projectId }) }),
    }),
    sealedCollection({
      model: connectionModel(connection),
      contextsOf: ({ _id }) => ({
        accessToken: connectionContext(_id, 'access'),
        refreshToken: connectionContext(_id, 'refresh'),
      }),
    }),
  ];
}

/** A document with sealed texts and, for an index, the id of the key that they need. */
interface Sealed {
  readonly _id: string;
  readonly keyId?: string;
}

interface SealedKind<Document extends Sealed> {
  readonly model: Model<Document>;
  /** By field: what its text is sealed for. A field without a text is left as it is. */
  readonly contextsOf: (document: Document) => Partial<Record<keyof Document & string, string>>;
}

/** Needs an index named `key_id` over `keyId` and `_id`. */
export function sealedCollection<Document extends Sealed>({
  model,
  contextsOf,
}: SealedKind<Document>): SealedCollection {
  const { collection } = model;
  return {
    name: collection.name,
    async countByKey() {
      const sealed = { $match: { keyId: { $gt: '' } } };
      const group = { $group: { _id: '$keyId', count: { $sum: 1 } } };
      const options = { hint: 'key_id', maxTimeMS: MAX_TIME_MS };
      const counted = collection.aggregate<{ _id: string; count: number }>([sealed, group], options);
      const found = await counted.toArray();
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
        texts: textsOf(document, contextsOf(document)),
      }));
    },
    async replace({ id, texts }, sealed) {
      const before = texts.map((one) => [one.field, one.sealed]);
      const after = texts.map(({ field }, at) => [field, sealed[at]]);
      const fields = { ...Object.fromEntries(after), keyId: keyIdOf(sealed[0] ?? '') };
      const { modifiedCount } = await retryOnce(() =>
        collection.updateOne({ _id: id, ...Object.fromEntries(before) } as never, { $set: fields as never }),
      );
      return modifiedCount === 1;
    },
  };
}

function textsOf<Document extends Sealed>(
  document: Document,
  contexts: Partial<Record<keyof Document & string, string>>,
): SealedDocument['texts'] {
  const entries = Object.entries(contexts) as [keyof Document & string, string][];
  return entries.flatMap(([field, context]) => {
    const sealed = document[field];
    return typeof sealed === 'string' ? [{ field, sealed, context }] : [];
  });
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
    async keep(deploymentIds, at) {
      whole(at.getTime(), 'the time');
      const ids = deploymentIds.map((id) => text(id, 'the deployment'));
      await model.updateMany({ _id: trusted({ $in: ids }) }, { $set: { at } });
    },
    async deleteBefore(at) {
      whole(at.getTime(), 'the time');
      return (await model.deleteMany({ at: trusted({ $lt: at }) }).hint('at')).deletedCount;
    },
  };
}

/** The id is that of the deployment. */
interface DeliveredDocument extends Sealed {
  readonly sealed?: string;
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
