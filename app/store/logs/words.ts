import type { Connection, mongo } from 'mongoose';
import type { LogRetentionStore, LogWords, LogWordStore } from '../../../src/deployments/logs/store.js';
import { limitOf, MAX_TIME_MS, text } from '../shared/query.js';
import { collectionOf } from '../shared/schema.js';
import { insertedOrThere, REPEATABLE, retryOnce } from '../shared/write.js';

/** One document for each log: a text index over the chunks themselves would make every batch ten times as slow. */
interface WordsDocument {
  readonly _id: string;
  readonly projectId: string;
  /** Joined by spaces. */
  readonly words: string;
  readonly upTo: number;
  readonly version: number;
  /** When new lines are to be read; null when the log has ended. */
  readonly dueAt: Date | null;
  readonly updatedAt: Date;
}

/** The words of logs in MongoDB, under a text index. */
export function logWordStore(connection: Connection): LogWordStore {
  const logs = collectionOf<WordsDocument>(connection, 'logWords');
  const deployments = collectionOf<{ _id: string }>(connection, 'deployments');
  return {
    markDue: ({ id, projectId }, at) => retryOnce(() => markDue(logs, { id, projectId, at })),
    async due(now, limit) {
      const found = logs
        .find({ dueAt: { $gt: new Date(0), $lte: now } }, { maxTimeMS: MAX_TIME_MS })
        .sort({ dueAt: 1 })
        .limit(limitOf({ limit }))
        .hint('due');
      return (await found.toArray()).map(toWords);
    },
    async save({ deploymentId, words, upTo, version }, dueAt) {
      const fields = { words: words.join(' '), upTo, dueAt, updatedAt: new Date() };
      const seen = { _id: text(deploymentId, 'the deployment'), version };
      await logs.updateOne(seen, { $set: fields, $inc: { version: 1 } }, REPEATABLE);
    },
    find: (projectId, words, limit) => findWords(logs, { projectId, words, limit }),
    findByMessage: (projectId, words, limit) => findWords(deployments, { projectId, words, limit }),
    async deleteOf(deploymentIds) {
      await logs.deleteMany({ _id: { $in: deploymentIds.map((id) => text(id, 'the deployment')) } });
    },
  };
}

type Logs = mongo.Collection<WordsDocument>;

/** Also after a look that saw the log end: lines that came later make it due again. */
async function markDue(
  logs: Logs,
  { id, projectId, at }: { id: string; projectId: string; at: Date },
): Promise<void> {
  const _id = text(id, 'the deployment');
  const { matchedCount } = await logs.updateOne(
    { _id },
    { $set: { dueAt: at }, $inc: { version: 1 } },
    REPEATABLE,
  );
  if (matchedCount > 0) return;
  const project = text(projectId, 'the project');
  const fresh = { _id, projectId: project, words: '', upTo: 0, version: 0, dueAt: at, updatedAt: at };
  await insertedOrThere(logs.insertOne(fresh, REPEATABLE));
}

interface Search {
  readonly projectId: string;
  readonly words: readonly string[];
  readonly limit: number;
}

/**
 * Documents that have every word. Words are letters, digits and underscores, so none of them is an operator of the search language. The
 * index gives no order: the caller sorts the few that are found.
 */
async function findWords<T extends { _id: string }>(
  collection: mongo.Collection<T>,
  { projectId, words, limit }: Search,
): Promise<readonly string[]> {
  const $search = words.map((word) => `"${text(word, 'a word')}"`).join(' ');
  const filter = { projectId: text(projectId, 'the project'), $text: { $search, $language: 'none' } };
  const found = await collection
    .find(filter as unknown as mongo.Filter<T>, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS })
    .limit(limitOf({ limit }))
    .toArray();
  return found.map(({ _id }) => String(_id));
}

function toWords({ _id, projectId, words, upTo, version }: WordsDocument): LogWords {
  return {
    deploymentId: _id,
    projectId,
    words: words === '' ? [] : words.split(' '),
    upTo,
    version,
  };
}

/** Deleted deployments whose logs are still there; a field of the deployment says that they are gone. */
export function logRetentionStore(connection: Connection): LogRetentionStore {
  const deployments = collectionOf<{ _id: string; deletedAt: Date | null; logsRemovedAt?: Date }>(
    connection,
    'deployments',
  );
  return {
    async deleted(limit) {
      const found = deployments
        .find(
          { deletedAt: { $gt: new Date(0) }, logsRemovedAt: null as never },
          { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS },
        )
        .limit(limitOf({ limit }))
        .hint('deleted_with_logs');
      return (await found.toArray()).map(({ _id }) => _id);
    },
    async removed(deploymentIds, at) {
      const _id = { $in: deploymentIds.map((id) => text(id, 'the deployment')) };
      await deployments.updateMany({ _id }, { $set: { logsRemovedAt: at } });
    },
  };
}
