import { type Connection, mongo } from 'mongoose';
import type { InboxStore, NewDelivery } from '../../../src/deliveries/store.js';
import type { PageRequest } from '../../../src/shared/pages.js';
import { DELIVERY_STATUS, type InboxStatus } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, onlyKeys, pageOf, whole } from '../shared/query.js';
import { isDuplicateKey, retryOnce } from '../shared/write.js';
import { inboxClaims, outcomeOf } from './claims.js';
import { type DeliveryDocument, deliveryModel } from './document.js';

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

type Filter = Parameters<InboxStore['list']>[0];

type Row = Omit<DeliveryDocument, 'body'>;

const STATUSES = Object.values(DELIVERY_STATUS);

const KEYS = ['status', 'repoId'] as const;

/** Newest first, without the bytes. Pages go on after (time, guid), since guids do not grow with time. */
async function listDeliveries(
  collection: Deliveries,
  { filter, page }: { filter: Filter; page: PageRequest },
): ReturnType<InboxStore['list']> {
  onlyKeys(filter, KEYS);
  const limit = limitOf(page);
  const { status, repoId } = filter;
  const query = {
    ...(repoId !== undefined && { repoId: whole(repoId, 'the repository') }),
    status: { $in: status === undefined ? STATUSES : [oneOf(status, STATUSES)] },
    ...after(page),
  };
  const found = await collection
    .find<Row>(query, { projection: { body: 0 }, maxTimeMS: MAX_TIME_MS })
    .sort({ receivedAt: -1, _id: -1 })
    .limit(limit + 1)
    .hint(repoId === undefined ? 'status_received' : 'repo_status_received')
    .toArray();
  return pageOf(found.map(toRow), {
    limit,
    cursor: ({ guid, receivedAt }) => `${receivedAt.getTime()}.${guid}`,
  });
}

async function countDeliveries(collection: Deliveries): Promise<Record<InboxStatus, number>> {
  const count = (status: InboxStatus) => collection.countDocuments({ status }, { maxTimeMS: MAX_TIME_MS });
  const [stored, handled, ignored, parked] = await Promise.all([
    count(DELIVERY_STATUS.stored),
    count(DELIVERY_STATUS.handled),
    count(DELIVERY_STATUS.ignored),
    count(DELIVERY_STATUS.parked),
  ]);
  return { stored, handled, ignored, parked };
}

/** The upper bound starts the index scan at the page; the `$or` skips earlier rows of the same millisecond. */
function after(page: PageRequest): object {
  const cursor = cursorOf(page, /^(\d{1,15})\.([\w-]{1,100})$/);
  if (!cursor) return {};
  const at = new Date(Number(cursor[1]));
  return { receivedAt: { $lte: at }, $or: [{ receivedAt: { $lt: at } }, { _id: { $lt: cursor[2] } }] };
}

function toRow(row: Row): Awaited<ReturnType<InboxStore['list']>>['items'][number] {
  const { _id, event, action, repoId, installationId, receivedAt, status, decision, error } = row;
  return { guid: _id, event, action, repoId, installationId, receivedAt, status, decision, error };
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
