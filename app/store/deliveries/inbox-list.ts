import type { mongo } from 'mongoose';
import type { InboxStore } from '../../../src/deliveries/store.js';
import type { PageRequest } from '../../../src/shared/pages.js';
import { INBOX, type InboxStatus } from '../../../src/shared/status/words.js';
import { MAX_TIME_MS } from '../shared/limits.js';
import { cursorOf, limitOf, pageOf } from '../shared/page.js';
import { oneOf, onlyKeys, whole } from '../shared/query.js';
import type { DeliveryDocument } from './document.js';

type Deliveries = mongo.Collection<DeliveryDocument>;
type Filter = Parameters<InboxStore['list']>[0];
type Row = Omit<DeliveryDocument, 'body'>;

const STATUSES = Object.values(INBOX);
const KEYS = ['status', 'repoId'] as const;

/** Newest first, without the bytes. Pages go on after (time, guid), since guids do not grow with time. */
export async function listDeliveries(
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

export async function countDeliveries(collection: Deliveries): Promise<Record<InboxStatus, number>> {
  const count = (status: InboxStatus) => collection.countDocuments({ status }, { maxTimeMS: MAX_TIME_MS });
  const [stored, handled, ignored, parked] = await Promise.all([
    count(INBOX.stored),
    count(INBOX.handled),
    count(INBOX.ignored),
    count(INBOX.parked),
  ]);
  return { stored, handled, ignored, parked };
}

/** The upper bound makes the index start at the page; the rest leaves out what one millisecond shares. */
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
