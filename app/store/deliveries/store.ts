import { type Connection, mongo } from 'mongoose';
import type { InboxStore, NewDelivery } from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS, type InboxStatus } from '../../../src/shared/status/words.js';
import { MAX_TIME_MS } from '../shared/query.js';
import { isDuplicateKey, retryOnce } from '../shared/write.js';
import { inboxClaims, outcomeOf } from './claims.js';
import { type DeliveryDocument, deliveryModel } from './document.js';
import { getDelivery, listDeliveries, replayDelivery } from './list.js';
import { deliveryRetention } from './retention.js';

type Deliveries = mongo.Collection<DeliveryDocument>;

const EPOCH = new Date(0);

const WAITING = [DELIVERY_STATUS.stored, DELIVERY_STATUS.parked];

/** Webhook deliveries, stored before GitHub gets its answer so that none is lost. */
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
    get: (guid) => getDelivery(collection, guid),
    replay: (guid, by) => replayDelivery(collection, { guid, by }),
    ...deliveryRetention(connection, collection),
    counts: () => countDeliveries(collection),
  };
}

async function insert(collection: Deliveries, documents: readonly DeliveryDocument[]): Promise<void> {
  const there = await insertBatch(collection, documents);
  if (there.length === 0) return;
  await resetRedelivered(
    collection,
    there.map((position) => documents[position]?._id ?? ''),
  );
}

/** GitHub delivered these again, so they become ready now. Claimed deliveries are left unchanged. */
async function resetRedelivered(collection: Deliveries, guids: readonly string[]): Promise<void> {
  await collection.updateMany(
    { _id: { $in: guids }, status: { $in: WAITING }, claim: null, readyAt: { $gt: EPOCH } },
    {
      $set: {
        status: DELIVERY_STATUS.stored,
        attempts: 0,
        failures: 0,
        crashes: 0,
        readyAt: EPOCH,
        claim: null,
      },
    },
    { maxTimeMS: MAX_TIME_MS },
  );
}

function toDocument({ guid, decision, ...delivery }: NewDelivery): DeliveryDocument {
  const { event, action, repoId, installationId, body, receivedAt, headers } = delivery;
  const { provider = 'github', repository = null, pullRequest = null } = delivery;
  return {
    _id: guid,
    event,
    action,
    repoId,
    installationId,
    body,
    receivedAt,
    provider,
    repository,
    pullRequest,
    ...(headers && { headers }),
    status: decision ? outcomeOf(decision) : DELIVERY_STATUS.stored,
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

async function countDeliveries(collection: Deliveries): Promise<Record<InboxStatus, number>> {
  const count = (status: InboxStatus) => collection.countDocuments({ status }, { maxTimeMS: MAX_TIME_MS });
  const [stored, handled, ignored, parked, retained] = await Promise.all([
    count(DELIVERY_STATUS.stored),
    count(DELIVERY_STATUS.handled),
    count(DELIVERY_STATUS.ignored),
    count(DELIVERY_STATUS.parked),
    count(DELIVERY_STATUS.retained),
  ]);
  return { stored, handled, ignored, parked, retained };
}

/** Inserts all in one command. Those that are there already are not written; their positions are returned. */
export async function insertBatch<T extends mongo.Document>(
  collection: mongo.Collection<T>,
  documents: readonly mongo.OptionalUnlessRequiredId<T>[],
): Promise<readonly number[]> {
  try {
    await collection.insertMany(documents, { ordered: false, maxTimeMS: MAX_TIME_MS });
    return [];
  } catch (error) {
    const there = duplicatesOf(error);
    // Inserted and duplicate documents must add up to the batch; otherwise some may not be stored.
    if (there && there.positions.length + there.inserted === documents.length) return there.positions;
    throw unwrapped(error);
  }
}

interface Duplicates {
  readonly positions: readonly number[];
  readonly inserted: number;
}

function duplicatesOf(error: unknown): Duplicates | null {
  if (!(error instanceof mongo.MongoBulkWriteError) || !isDuplicateKey(error)) return null;
  if (error.result.getWriteConcernError()) return null;
  const complaints = [error.writeErrors].flat() as mongo.WriteError[];
  const positions = complaints.filter(({ code }) => code === error.code).map(({ index }) => index);
  return { positions, inserted: error.insertedCount };
}

/** The driver reports a lost connection as a bulk write error around the network error. */
function unwrapped(error: unknown): unknown {
  const inner = error instanceof mongo.MongoBulkWriteError ? (error.errorResponse as unknown) : undefined;
  return inner instanceof Error ? inner : error;
}
