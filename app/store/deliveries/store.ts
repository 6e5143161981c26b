import type { Connection, mongo } from 'mongoose';
import type { InboxStore, NewDelivery } from '../../../src/deliveries/store.js';
import { INBOX } from '../../../src/shared/status/words.js';
import { MAX_TIME_MS } from '../shared/limits.js';
import { retryOnce } from '../shared/retry-once.js';
import { inboxClaims, outcomeOf } from './claims.js';
import { deliveryModel, type DeliveryDocument } from './document.js';
import { countDeliveries, listDeliveries } from './inbox-list.js';
import { insertBatch } from './insert-batch.js';

type Deliveries = mongo.Collection<DeliveryDocument>;

const EPOCH = new Date(0);
const WAITING = [INBOX.stored, INBOX.parked];

/** Webhooks as they came. The first lines of defence against losing one. */
export function inboxStore(connection: Connection): InboxStore {
  const collection = deliveryModel(connection).collection as unknown as Deliveries;
  return {
    async store(deliveries) {
      if (deliveries.length === 0) return;
      const documents = deliveries.map(toDocument);
      await retryOnce(() => insert(collection, documents));
    },
    ...inboxClaims(collection),
    list: (filter, page) => listDeliveries(collection, { filter, page }),
    counts: () => countDeliveries(collection),
  };
}

async function insert(collection: Deliveries, documents: readonly DeliveryDocument[]): Promise<void> {
  const there = await insertBatch(collection, documents);
  if (there.length === 0) return;
  await storeAgain(
    collection,
    there.map((position) => documents[position]?._id ?? ''),
  );
}

/** Somebody has it delivered again: that asks for another try, now. Whoever works on it already is left alone. */
async function storeAgain(collection: Deliveries, guids: readonly string[]): Promise<void> {
  await collection.updateMany(
    { _id: { $in: guids }, status: { $in: WAITING }, claim: null, readyAt: { $gt: EPOCH } },
    { $set: { status: INBOX.stored, attempts: 0, failures: 0, crashes: 0, readyAt: EPOCH, claim: null } },
    { maxTimeMS: MAX_TIME_MS },
  );
}

function toDocument({
  guid,
  event,
  action,
  repoId,
  installationId,
  body,
  receivedAt,
  decision,
}: NewDelivery): DeliveryDocument {
  return {
    _id: guid,
    event,
    action,
    repoId,
    installationId,
    body,
    receivedAt,
    status: decision ? outcomeOf(decision) : INBOX.stored,
    readyAt: EPOCH,
    attempts: 0,
    failures: 0,
    crashes: 0,
    fence: 0,
    claim: null,
    decision: decision ?? null,
    error: null,
  };
}
