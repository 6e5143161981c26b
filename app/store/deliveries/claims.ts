import type { mongo } from 'mongoose';
import {
  type ClaimedDelivery,
  type DeliveryDecision,
  type InboxStore,
  KEPT_FOR_AUDIT,
} from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS, type InboxStatus } from '../../../src/shared/status/words.js';
import { limitOf, MAX_TIME_MS, text, whole } from '../shared/query.js';
import { newId, REPEATABLE } from '../shared/write.js';
import type { DeliveryDocument } from './document.js';

type Deliveries = mongo.Collection<DeliveryDocument>;
type Worker = Parameters<InboxStore['claim']>[0];

/** A lost claim is taken again, and a delivery whose end was lost is handled again, which changes nothing: neither waits for the journal. */
const OPTIONS = { maxTimeMS: MAX_TIME_MS, ...REPEATABLE };
/** Tries again when other workers claimed every delivery that was found. */
const ROUNDS = 3;
const READY = { status: DELIVERY_STATUS.stored, $expr: { $lte: ['$readyAt', '$$NOW'] } };
/** By the index `stored_received`. */
const OLDEST_FIRST = {
  sort: { receivedAt: 1, _id: 1 },
  hint: { receivedAt: 1, _id: 1, readyAt: 1 },
} as const;

/** Claims of deliveries by lease and fence, on the database's clock. */
export function inboxClaims(
  collection: Deliveries,
): Pick<InboxStore, 'claim' | 'finish' | 'retry' | 'waitingSince'> {
  return {
    async claim(by) {
      if (by.limit === 1) return claimOne(collection, { by });
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = await readyIds(collection, by);
        const [first] = ids;
        if (first === undefined) return [];
        const claimed = await (ids.length === 1
          ? claimOne(collection, { by, id: first })
          : claimAll(collection, { ids, by }));
        if (claimed.length > 0) return claimed;
      }
      return [];
    },
    async finish(delivery, decision) {
      const set = { status: outcomeOf(decision), decision, error: null, claim: null };
      await collection.updateOne(stillHeld(delivery), { $set: set }, OPTIONS);
    },
    async retry(delivery, { error, inMs, failures, park }) {
      const set = {
        status: park ? DELIVERY_STATUS.parked : DELIVERY_STATUS.stored,
        readyAt: { $add: ['$$NOW', whole(inMs, 'the time')] },
        failures: whole(failures, 'the failures'),
        crashes: 0,
        error: { $literal: error },
        claim: null,
      };
      await collection.updateOne(stillHeld(delivery), [{ $set: set }], OPTIONS);
    },
    waitingSince: () => waitingSince(collection),
  };
}

/** A delivery that was paused or leased counts as waiting since that ended. */
async function waitingSince(collection: Deliveries): Promise<Date | null> {
  const projection = { _id: 0, receivedAt: 1, readyAt: 1 };
  const next = await collection.findOne(READY, { maxTimeMS: MAX_TIME_MS, ...OLDEST_FIRST, projection });
  return next && (next.readyAt > next.receivedAt ? next.readyAt : next.receivedAt);
}

async function readyIds(collection: Deliveries, { limit }: Worker): Promise<string[]> {
  const found = await collection
    .find(READY, {
      maxTimeMS: MAX_TIME_MS,
      ...OLDEST_FIRST,
      projection: { _id: 1 },
      limit: limitOf({ limit }),
    })
    .toArray();
  return found.map(({ _id }) => _id);
}

/** The oldest delivery, or the one with that id if it is still ready. */
async function claimOne(
  collection: Deliveries,
  { by, id }: { by: Worker; id?: string },
): Promise<ClaimedDelivery[]> {
  const options = { ...OPTIONS, promoteBuffers: true, returnDocument: 'after' } as const;
  const found = await (id === undefined
    ? collection.findOneAndUpdate(READY, leaseUpdate(by), { ...options, ...OLDEST_FIRST })
    : collection.findOneAndUpdate({ _id: id, ...READY }, leaseUpdate(by), options));
  return found ? [toClaimed(found)] : [];
}

/** The write repeats the condition, so that each delivery goes to one worker; the mark finds those of this call. */
async function claimAll(
  collection: Deliveries,
  { ids, by }: { ids: readonly string[]; by: Worker },
): Promise<ClaimedDelivery[]> {
  const mark = `${text(by.owner, 'the owner')} ${newId()}`;
  await collection.updateMany({ _id: { $in: ids }, ...READY }, leaseUpdate(by, mark), OPTIONS);
  const ours = collection.find(
    { _id: { $in: ids }, claim: mark },
    { maxTimeMS: MAX_TIME_MS, promoteBuffers: true },
  );
  const order = new Map(ids.map((id, index) => [id, index]));
  const found = (await ours.toArray()).sort((a, b) => (order.get(a._id) ?? 0) - (order.get(b._id) ?? 0));
  return found.map(toClaimed);
}

function leaseUpdate({ owner, leaseMs }: Worker, mark = text(owner, 'the owner')): mongo.Document[] {
  const set = {
    readyAt: { $add: ['$$NOW', whole(leaseMs, 'the lease')] },
    claim: { $literal: mark },
    crashes: { $add: [{ $ifNull: ['$crashes', 0] }, { $cond: [leaseExpiredElsewhere(owner), 1, 0] }] },
    attempts: { $add: ['$attempts', 1] },
    fence: { $add: ['$fence', 1] },
  };
  return [{ $set: set }];
}

/** True when the lease of another process expired. A worker that claims its own delivery again was only slow. */
function leaseExpiredElsewhere(owner: string): mongo.Document {
  const former = { $arrayElemAt: [{ $split: [{ $ifNull: ['$claim', ''] }, ' '] }, 0] };
  return { $not: [{ $in: [former, ['', { $literal: owner }]] }] };
}

function stillHeld({ guid, fence }: ClaimedDelivery): {
  _id: string;
  status: typeof DELIVERY_STATUS.stored;
  fence: number;
} {
  return { _id: text(guid, 'the guid'), status: DELIVERY_STATUS.stored, fence: whole(fence, 'the fence') };
}

type Outcome = Exclude<InboxStatus, typeof DELIVERY_STATUS.stored | typeof DELIVERY_STATUS.parked>;

export function outcomeOf({ action }: DeliveryDecision): Outcome {
  if (action === KEPT_FOR_AUDIT) return DELIVERY_STATUS.retained;
  return action === 'ignore' ? DELIVERY_STATUS.ignored : DELIVERY_STATUS.handled;
}

function toClaimed(document: DeliveryDocument): ClaimedDelivery {
  const { _id, event, action, repoId, installationId, body, receivedAt, attempts, fence } = document;
  return {
    guid: _id,
    event,
    action,
    repoId,
    installationId,
    body,
    receivedAt,
    attempts,
    // Older documents lack these counts.
    failures: document.failures ?? 0,
    crashes: document.crashes ?? 0,
    fence,
  };
}
