import type { mongo } from 'mongoose';
import {
  type DeliveryDetail,
  type DeliveryFilter,
  type DeliveryRow,
  type InboxStore,
  type Provider,
  PROVIDERS,
} from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { PageRequest } from '../../../src/shared/pages.js';
import { DELIVERY_STATUS, type InboxStatus } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, onlyKeys, pageOf, text, whole } from '../shared/query.js';
import type { DeliveryDocument } from './document.js';

type Deliveries = mongo.Collection<DeliveryDocument>;

type Row = Omit<DeliveryDocument, 'body'>;

const STATUSES = Object.values(DELIVERY_STATUS);
const OF_GITHUB = STATUSES.filter((status) => status !== DELIVERY_STATUS.retained);

const KEYS = [
  ...(['repoId', 'repoIds', 'status', 'rule', 'event', 'pullRequest', 'provider', 'repository'] as const),
  ...(['from', 'to', 'search'] as const),
];

/** A page looks through so many deliveries for what no index finds. */
const WINDOW = 2_000;

/** Where a page ends. */
type Place = Pick<DeliveryRow, 'guid' | 'receivedAt'>;

interface Part {
  readonly rows: readonly DeliveryRow[];
  /** Where the look ended before the page was full; null when all was seen. */
  readonly end: Place | null;
}

interface Asked {
  readonly filter: DeliveryFilter;
  readonly page: PageRequest;
}

/** Newest first, without the bytes. Pages go on after (time, guid), since guids do not grow with time. */
export async function listDeliveries(
  collection: Deliveries,
  { filter, page }: Asked,
): ReturnType<InboxStore['list']> {
  onlyKeys(filter, KEYS);
  const limit = limitOf(page);
  const parts = await Promise.all(
    partsOf(filter).map((part) => readPart(collection, { filter: part, page })),
  );
  const ends = parts.flatMap(({ end }) => end ?? []).sort(newestFirst);
  const rows = parts.flatMap((part) => part.rows).sort(newestFirst);
  const [horizon] = ends;
  // Another part may have more that is older than where one of them ended.
  const seen = horizon ? rows.filter((row) => newestFirst(row, horizon) <= 0) : rows;
  if (horizon && seen.length <= limit) return { items: seen, nextCursor: cursorAt(horizon) };
  return pageOf(seen, { limit, cursor: cursorAt });
}

const cursorAt = ({ guid, receivedAt }: Place) => `${receivedAt.getTime()}.${guid}`;

function newestFirst(one: Place, other: Place): number {
  const [a, b] = [one.receivedAt.getTime(), other.receivedAt.getTime()];
  return a === b ? (one.guid < other.guid ? 1 : -1) : b - a;
}

/** MongoDB merges at most 200 runs of an index; beyond that it would sort in memory: `internalQueryMaxScansToExplode`. */
const MOST_RUNS = 200;

/** One query for each so many repositories that the caller may see. */
function partsOf(filter: DeliveryFilter): readonly DeliveryFilter[] {
  const { repoIds } = filter;
  if (repoIds === undefined) return [filter];
  const size = Math.floor(MOST_RUNS / STATUSES.length);
  return Array.from({ length: Math.ceil(repoIds.length / size) }, (_, index) => ({
    ...filter,
    repoIds: repoIds.slice(index * size, (index + 1) * size),
  }));
}

const HIDDEN = { body: 0, headers: 0, replays: 0 } as const;
const NEWEST = { receivedAt: -1, _id: -1 } as const;

async function readPart(collection: Deliveries, { filter, page }: Asked): Promise<Part> {
  const { where, index, besides } = questionOf(filter);
  const most = limitOf(page) + 1;
  const match = { ...where, ...timesOf(filter, page) };
  const options = { maxTimeMS: MAX_TIME_MS, hint: index };
  if (besides === null) {
    const found = collection
      .find<Row>(match, { projection: HIDDEN, ...options })
      .sort(NEWEST)
      .limit(most);
    return { rows: (await found.toArray()).map(toRow), end: null };
  }
  const stages = [
    ...[{ $match: match }, { $sort: NEWEST }, { $limit: WINDOW }],
    ...[{ $match: besides }, { $limit: most }, { $project: HIDDEN }],
  ];
  const [found, [last]] = await Promise.all([
    collection.aggregate<Row>(stages, options).toArray(),
    collection
      .find<Row>(match, { projection: { receivedAt: 1 }, ...options })
      .sort(NEWEST)
      .skip(WINDOW - 1)
      .limit(1)
      .toArray(),
  ]);
  const isFull = found.length === most;
  return {
    rows: found.map(toRow),
    end: last === undefined || isFull ? null : { guid: last._id, receivedAt: last.receivedAt },
  };
}

interface Question {
  readonly where: object;
  readonly index: string;
  /** What is looked for among those that the index finds; null for nothing. */
  readonly besides: object | null;
}

/** The part of the query that an index answers, and that index. Each ends with the time and the guid. */
function questionOf(filter: DeliveryFilter): Question {
  const { provider, repository, status } = filter;
  if (provider !== undefined && provider !== 'github') return ofOtherProvider(filter, provider);
  if (repository !== undefined) throw notServed();
  const scope = scopeOf(filter);
  const prefix = scope === null ? '' : 'repo_';
  const facet = facetOf(filter);
  const word = status === undefined ? undefined : oneOf(status, STATUSES);
  if (!facet) {
    const statuses = provider === 'github' ? OF_GITHUB : STATUSES;
    const where = { ...scope, status: word ?? { $in: statuses } };
    return { where, index: `${prefix}status_received`, besides: besidesOf(filter) };
  }
  if (facet.name === 'pull' && filter.repoId === undefined) throw notServed();
  const where = { ...scope, ...facet.where };
  return { where, index: `${prefix}${facet.name}_received`, besides: besidesOf(filter, word) };
}

function scopeOf({ repoId, repoIds }: DeliveryFilter): object | null {
  if (repoId !== undefined) return { repoId: whole(repoId, 'the repository') };
  return repoIds ? { repoId: { $in: repoIds.map((id) => whole(id, 'the repository')) } } : null;
}

const SEARCHED = [
  ...(['_id', 'event', 'action', 'repository', 'error', 'decision.rule', 'decision.detail'] as const),
];

function besidesOf({ search }: DeliveryFilter, status?: InboxStatus): object | null {
  if (search === undefined) return status === undefined ? null : { status };
  const literal = text(search, 'the search').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const containing = { $regex: literal, $options: 'i' };
  return { ...(status && { status }), $or: SEARCHED.map((field) => ({ [field]: containing })) };
}

function ofOtherProvider(filter: DeliveryFilter, provider: Provider): Question {
  const { repository, repoId, repoIds, status, search } = filter;
  if (facetOf(filter) || [repoId, repoIds, status, search].some((one) => one !== undefined))
    throw notServed();
  const where = { status: DELIVERY_STATUS.retained, provider: oneOf(provider, PROVIDERS) };
  if (repository === undefined) return { where, index: 'provider_received', besides: null };
  return {
    where: { ...where, repository: text(repository, 'the repository') },
    index: 'provider_repository_received',
    besides: null,
  };
}

interface Facet {
  readonly name: 'rule' | 'event' | 'pull';
  readonly where: object;
}

function facetOf({ rule, event, pullRequest }: DeliveryFilter): Facet | undefined {
  const given: Facet[] = [];
  if (rule !== undefined) given.push({ name: 'rule', where: { 'decision.rule': text(rule, 'the rule') } });
  if (event !== undefined) given.push({ name: 'event', where: { event: text(event, 'the event') } });
  if (pullRequest !== undefined)
    given.push({ name: 'pull', where: { pullRequest: whole(pullRequest, 'the pull request') } });
  if (given.length > 1) throw notServed();
  return given[0];
}

function notServed(): VitrineError {
  return new VitrineError('bad_request', 'These filters cannot be combined: no index serves them together.');
}

/** The upper bound starts the index scan at the page; the `$or` skips earlier rows of the same millisecond. */
function timesOf({ from, to }: DeliveryFilter, page: PageRequest): object {
  const cursor = cursorOf(page, /^(\d{1,15})\.([\w-]{1,120})$/);
  const at = cursor && new Date(Number(cursor[1]));
  const until = [at, to].filter((one) => one instanceof Date).toSorted((a, b) => +a - +b)[0];
  const range = { ...(from && { $gte: from }), ...(until && { $lte: until }) };
  return {
    ...(Object.keys(range).length > 0 && { receivedAt: range }),
    ...(cursor && { $or: [{ receivedAt: { $lt: at } }, { _id: { $lt: cursor[2] } }] }),
  };
}

function toRow(row: Row): DeliveryRow {
  const { _id, event, action, repoId, installationId, receivedAt, status, decision, error } = row;
  return {
    guid: _id,
    provider: row.provider ?? 'github',
    event,
    action,
    repoId,
    repository: row.repository ?? null,
    pullRequest: row.pullRequest ?? null,
    installationId,
    receivedAt,
    status,
    decision,
    error,
  };
}

export async function getDelivery(collection: Deliveries, guid: string): Promise<DeliveryDetail | null> {
  const options = { maxTimeMS: MAX_TIME_MS, promoteBuffers: true };
  const found = await collection.findOne({ _id: text(guid, 'the guid') }, options);
  if (!found) return null;
  const { body, headers = {}, attempts, replays = [] } = found;
  return { ...toRow(found), body: body.length === 0 ? null : body, headers, attempts, replays };
}

const ENDED: readonly InboxStatus[] = [
  DELIVERY_STATUS.handled,
  DELIVERY_STATUS.ignored,
  DELIVERY_STATUS.parked,
];

const EPOCH = new Date(0);
const REPLAYS_KEPT = 20;

/** One write: what it was decided to be before moves into the list of replays. */
export async function replayDelivery(
  collection: Deliveries,
  { guid, by }: { guid: string; by: string },
): Promise<boolean> {
  const replay = { by: { $literal: text(by, 'the actor') }, at: '$$NOW', decision: '$decision' };
  const replays = { $concatArrays: [{ $ifNull: ['$replays', []] }, [replay]] };
  const set = {
    status: DELIVERY_STATUS.stored,
    readyAt: EPOCH,
    attempts: 0,
    failures: 0,
    crashes: 0,
    claim: null,
    error: null,
    replays: { $slice: [replays, -REPLAYS_KEPT] },
  };
  const ended = { _id: text(guid, 'the guid'), status: { $in: [...ENDED] }, $expr: HAS_BODY };
  const { matchedCount } = await collection.updateOne(ended, [{ $set: set }], { maxTimeMS: MAX_TIME_MS });
  return matchedCount === 1;
}

const HAS_BODY = { $gt: [{ $binarySize: '$body' }, 0] };
