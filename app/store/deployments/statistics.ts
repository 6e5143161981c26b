import type { mongo } from 'mongoose';
import { type Connection, Schema, type Model } from 'mongoose';
import type { Ending } from '../../../src/deployments/model.js';
import {
  dayOf,
  type DayStatistics,
  durationOf,
  type Measured,
  stageClassesOf,
  type StatisticsStore,
} from '../../../src/deployments/statistics.js';
import { limitOf, MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { isDuplicateKey, retryOnce } from '../shared/write.js';
import { recount } from './recount.js';

/** Of the whole server; ids of projects are hex digits. */
const SERVER_SCOPE = 'server';

/** An ending is repeated within a minute or so after a crash: by then far fewer others were counted on the same day. */
const KEYS_KEPT = 1_000;

type Days = mongo.Collection<DayDocument>;

/** Counters by day, a document for each project and one for the server. */
export function statisticsStore(connection: Connection): StatisticsStore {
  const days = dayModel(connection).collection as unknown as Days;
  return {
    async count(ending, projectId) {
      for (const scope of [text(projectId, 'the project'), SERVER_SCOPE])
        await retryOnce(() => count(days, { scope, ending }));
    },
    async days({ projectId = SERVER_SCOPE, from, to }) {
      const scope = text(projectId, 'the project');
      const found = await days
        .find(
          { _id: { $gte: idOf(scope, text(from, 'the day')), $lte: idOf(scope, text(to, 'the day')) } },
          { projection: { _id: 0, scope: 0, applied: 0 }, maxTimeMS: MAX_TIME_MS, hint: '_id_' },
        )
        .sort({ _id: 1 })
        .toArray();
      return found.map(
        ({ day, counts = {}, durations = {}, stages = {}, measured = null }): DayStatistics => ({
          ...{ day, counts, durations, stages, measured },
        }),
      );
    },
    async measure(projectId, measured) {
      const scope = projectId === undefined ? SERVER_SCOPE : text(projectId, 'the project');
      const day = dayOf(measured.at);
      const update = { $set: { measured }, $setOnInsert: { scope, day } };
      const options = { maxTimeMS: MAX_TIME_MS, upsert: true };
      await retryOnce(() => days.updateOne({ _id: idOf(scope, day) }, update, options));
    },
    async largest(day, limit) {
      // Of the server too, which is larger than each.
      const most = limitOf({ limit }) + 1;
      const found = await days
        .find(
          { day: text(day, 'the day'), 'measured.bytes': { $gt: 0 } },
          { projection: { scope: 1, measured: 1 }, maxTimeMS: MAX_TIME_MS, hint: 'day_bytes' },
        )
        .sort({ 'measured.bytes': -1 })
        .limit(most)
        .toArray();
      return found
        .filter(({ scope }) => scope !== SERVER_SCOPE)
        .map(({ scope: projectId, measured }) => ({ projectId, bytes: measured?.bytes ?? 0 }))
        .slice(0, limit);
    },
    recount: () => recount(connection.getClient().db(connection.name)),
    async deleteOfProject(projectId) {
      const scope = text(projectId, 'the project');
      await days.deleteMany({ _id: { $gte: idOf(scope, ''), $lt: idOf(scope, '~') } });
    },
  };
}

function idOf(scope: string, day: string): string {
  return `${scope} ${day}`;
}

/** The key and the counters are one write, and a key that is there is not counted again. */
async function count(days: Days, { scope, ending }: { scope: string; ending: Ending }): Promise<void> {
  const { key, day, status, by } = ending;
  const duration = durationOf(ending);
  const filter = { _id: idOf(scope, day), applied: { $ne: key } };
  const update = {
    $inc: {
      [`counts.${status}`]: by,
      revision: 1,
      ...(duration === null ? {} : { [`durations.${duration}`]: by }),
      ...Object.fromEntries(stageClassesOf(ending).map((path) => [`stages.${path}`, by])),
    },
    $push: { applied: { $each: [key], $slice: -KEYS_KEPT } },
    $setOnInsert: { scope, day },
  };
  const options = { maxTimeMS: MAX_TIME_MS };
  try {
    await days.updateOne(filter, update, { ...options, upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // The day is there: it holds the key already, or another writer made it at the same moment.
    await days.updateOne(filter, update, options);
  }
}

interface DayDocument {
  /** Scope and day: the days of a scope are a range of it. */
  readonly _id: string;
  readonly scope: string;
  readonly day: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly durations?: Readonly<Record<string, number>>;
  readonly stages?: DayStatistics['stages'];
  readonly measured?: Measured;
  /** The keys of the newest endings that were counted. */
  readonly applied?: readonly string[];
  /** Grows with every change, for the recount. */
  readonly revision?: number;
}

const STATISTICS = 'deploymentStatistics';

const { Mixed } = Schema.Types;

const daySchema = strictSchema<DayDocument>({
  _id: String,
  scope: String,
  day: String,
  counts: Mixed,
  durations: Mixed,
  stages: Mixed,
  measured: Mixed,
  applied: [String],
  revision: Number,
});

function dayModel(connection: Connection): Model<DayDocument> {
  return connection.model<DayDocument>(STATISTICS, daySchema, STATISTICS);
}
