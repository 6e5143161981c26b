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
  'repoId',
  'status',
  'rule',
  'event',
  'pullRequest',
  'provider',
  'repository',
  'from',
  'to',
] as const;

/** Newest first, without the bytes. Pages go on after (time, guid), since guids do not grow with time. */
export async function listDeliveries(
  collection: Deliveries,
  { filter, page }: { filter: DeliveryFilter; page: PageRequest },
): ReturnType<InboxStore['list']> {
  onlyKeys(filter, KEYS);
  const limit = limitOf(page);
  const { where, index } = questionOf(filter);
  const found = await collection
    .find<Row>(
      { ...where, ...timesOf(filter, page) },
      { projection: { body: 0, headers: 0, replays: 0 }, maxTimeMS: MAX_TIME_MS },
    )
    .sort({ receivedAt: -1, _id: -1 })
    .limit(limit + 1)
    .hint(index)
    .toArray();
  return pageOf(found.map(toRow), {
    limit,
    cursor: ({ guid, receivedAt }) => `${receivedAt.getTime()}.${guid}`,
  });
}

interface Question {
  readonly where: object;
  readonly index: string;
}

/** The part of the query that an index answers, and that index. Each ends with the time and the guid. */
function questionOf(filter: DeliveryFilter): Question {
  const { repoId, provider, repository } = filter;
  if (provider !== undefined && provider !== 'github') return ofOtherProvider(filter, provider);
  if (repository !== undefined) throw notServed();
  const scope = repoId === undefined ? {} : { repoId: whole(repoId, 'the repository') };
  const prefix = repoId === undefined ? '' : 'repo_';
  const facet = facetOf(filter);
  if (!facet) {
    const statuses = provider === 'github' ? OF_GITHUB : STATUSES;
    return { where: { ...scope, status: { $in: statuses } }, index: `${prefix}status_received` };
  }
  if (facet.name === 'pull' && repoId === undefined) throw notServed();
  return { where: { ...scope, ...facet.where }, index: `${prefix}${facet.name}_received` };
}

function ofOtherProvider(filter: DeliveryFilter, provider: Provider): Question {
  const { repository, repoId } = filter;
  if (facetOf(filter) || repoId !== undefined) throw notServed();
  const where = { status: DELIVERY_STATUS.retained, provider: oneOf(provider, PROVIDERS) };
  if (repository === undefined) return { where, index: 'provider_received' };
  return {
    where: { ...where, repository: text(repository, 'the repository') },
    index: 'provider_repository_received',
  };
}

interface Facet {
  readonly name: 'status' | 'rule' | 'event' | 'pull';
  readonly where: object;
}

function facetOf({ status, rule, event, pullRequest }: DeliveryFilter): Facet | undefined {
  const given: Facet[] = [];
  if (status !== undefined) given.push({ name: 'status', where: { status: oneOf(status, STATUSES) } });
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
