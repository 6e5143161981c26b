import { LRUCache } from 'lru-cache';
import type { Connection, mongo } from 'mongoose';
import {
  type Appended,
  LOG_BYTES,
  type LogBatch,
  type LogKind,
  type LogStore,
} from '../../../src/deployments/logs/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { limitOf, MAX_TIME_MS, text, whole } from '../shared/query.js';
import { collectionOf } from '../shared/schema.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';
import {
  type ChunkDocument,
  chunkAfter,
  contentOf,
  EMPTY_LOG,
  type Tail,
  TAIL_FIELDS,
  tailOf,
  toChunk,
} from './chunk.js';

type Chunks = mongo.Collection<ChunkDocument>;
type Tails = LRUCache<string, Tail>;

/** So many logs are written to by one server without asking the database where they end. */
const REMEMBERED = 1_000;

/** Another server may append meanwhile, and drop the middle of the log: an end that is older than that is read again. */
const TRUSTED_MS = 2_000;

/**
 * Log lines in chunks. A chunk is inserted under the number of the line after the last one. That number is unique in a log: when another
 * server was first, the end of the log is read again. So lines are numbered without a gap, and a reader of chunks in their order misses none.
 */
export function logStore(connection: Connection, kind: LogKind): LogStore {
  const chunks: Chunks = collectionOf(connection, kind);
  const tails: Tails = new LRUCache({ max: REMEMBERED, ttl: TRUSTED_MS });
  const readTail = (deploymentId: string) => tailIn(chunks, text(deploymentId, 'the deployment'));
  return {
    append: (batch) => append({ chunks, tails }, batch),
    batchesOf: async (deploymentId) => (await readTail(deploymentId)).batches,
    lastLine: async (deploymentId) => (await readTail(deploymentId)).last,
    async startOf(deploymentId, line) {
      const number = whole(line, 'the line');
      const filter = { deploymentId: text(deploymentId, 'the deployment'), seq: { $lte: number } };
      const before = await newest(chunks, filter);
      return before && tailOf(before).last >= number ? before.seq : number;
    },
    async chunksFrom(deploymentId, first, limit) {
      const filter = {
        deploymentId: text(deploymentId, 'the deployment'),
        seq: { $gte: whole(first, 'the line') },
      };
      const found = chunks
        .find(filter, { maxTimeMS: MAX_TIME_MS })
        .sort({ seq: 1 })
        .limit(limitOf({ limit }))
        .hint('deployment_seq');
      return (await found.toArray()).map(toChunk);
    },
    async deleteOf(deploymentIds) {
      const ids = deploymentIds.map((id) => text(id, 'the deployment'));
      ids.forEach((id) => tails.delete(id));
      await chunks.deleteMany({ deploymentId: { $in: ids } });
    },
    async bytes() {
      // https://www.mongodb.com/docs/manual/reference/operator/aggregation/collStats/
      const pipeline = [
        { $collStats: { storageStats: {} } },
        { $project: { bytes: '$storageStats.totalSize' } },
      ];
      const found = await chunks.aggregate<{ bytes: number }>(pipeline, { maxTimeMS: MAX_TIME_MS }).toArray();
      return found.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    async deleteBefore(before, limit) {
      const old = await chunks
        .find({ createdAt: { $lt: before } }, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS })
        .sort({ createdAt: 1 })
        .limit(limitOf({ limit }))
        .hint('created')
        .toArray();
      await chunks.deleteMany({ _id: { $in: old.map(({ _id }) => _id) } });
      return old.length;
    },
  };
}

const TRIES = 50;

async function append(
  { chunks, tails }: { chunks: Chunks; tails: Tails },
  batch: LogBatch,
): Promise<Appended> {
  const content = contentOf(batch);
  const { deploymentId } = content;
  const number = whole(batch.batch, 'the number of the batch');
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const tail = tails.get(deploymentId) ?? (await tailIn(chunks, deploymentId));
    const before = tail.batches[batch.writer];
    const overtaken = batch.after !== undefined && (before ?? null) !== batch.after;
    if (overtaken || (before ?? -1) >= number) {
      tails.delete(deploymentId);
      return { chunk: null, last: tail.last };
    }
    const document = chunkAfter(tail, content, batch);
    if (await retryOnce(() => insertedOrThere(chunks.insertOne(document)))) {
      const after = tailOf(document);
      tails.set(deploymentId, after);
      await dropMiddle(chunks, { deploymentId, before: tail, after });
      const chunk = { deploymentId, first: document.seq, source: document.source, lines: batch.lines };
      return { chunk, last: after.last };
    }
    tails.delete(deploymentId);
  }
  throw new VitrineError('unavailable', 'Too many writers append to this log at once: try again.');
}

async function tailIn(chunks: Chunks, deploymentId: string): Promise<Tail> {
  const last = await newest(chunks, { deploymentId });
  return last ? tailOf(last) : EMPTY_LOG;
}

type End = Pick<ChunkDocument, 'seq' | 'count' | 'batches' | 'total' | 'headEnd'>;

async function newest(chunks: Chunks, filter: mongo.Filter<ChunkDocument>): Promise<End | undefined> {
  const found = chunks
    .find<End>(filter, { projection: TAIL_FIELDS, maxTimeMS: MAX_TIME_MS })
    .sort({ seq: -1 })
    .limit(1)
    .hint('deployment_seq');
  return (await found.toArray())[0];
}

/** The oldest chunks of the tail go together, when so many bytes were added: most batches are one write. */
const STEP = 1024 * 1024;
const AT_ONCE = 500;

interface Growth {
  readonly deploymentId: string;
  readonly before: Tail;
  readonly after: Tail;
}

/** Keeps the head and the tail of a log that is too long. Only chunks that go are looked at. */
async function dropMiddle(chunks: Chunks, { deploymentId, before, after }: Growth): Promise<void> {
  const { headEnd, total } = after;
  if (headEnd === null || total < LOG_BYTES.head + LOG_BYTES.tail) return;
  if (Math.floor(total / STEP) === Math.floor(before.total / STEP)) return;
  for (;;) {
    const oldest = await chunks
      .find<Pick<ChunkDocument, 'seq' | 'total'>>(
        { deploymentId, seq: { $gt: headEnd } },
        { projection: { _id: 0, seq: 1, total: 1 }, maxTimeMS: MAX_TIME_MS },
      )
      .sort({ seq: 1 })
      .limit(AT_ONCE)
      .hint('deployment_seq')
      .toArray();
    const upTo = oldest.findLast((chunk) => chunk.total <= total - LOG_BYTES.tail)?.seq;
    if (upTo === undefined) return;
    await chunks.deleteMany({ deploymentId, seq: { $gt: headEnd, $lte: upTo } });
    if (upTo !== oldest.at(-1)?.seq) return;
  }
}
