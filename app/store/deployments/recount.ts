import type { mongo } from 'mongoose';
import type { Tally } from '../../../src/deployments/model.js';
import { durationOf, stageClassesOf } from '../../../src/deployments/statistics.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { isDuplicateKey } from '../shared/write.js';

const DEPLOYMENTS = 'deployments';
const DAYS = 'deploymentStatistics';
const PROJECTS = 'projects';
const SERVER = 'server';

/** By the name of a stage, and by the class of its duration. */
type Stages = Readonly<Record<string, Counters>>;
type Counters = Readonly<Record<string, number>>;

interface Day {
  readonly _id: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly durations?: Readonly<Record<string, number>>;
  readonly stages?: Stages;
  readonly applied?: readonly string[];
  readonly revision?: number;
}

/** What one or several deployments add to a day. With a key: an ending that the counters may not have learned yet. */
interface Part {
  readonly _id: Tally & { readonly projectId: string; readonly key: string | null };
  readonly by: number;
}

/** Each time another process counted an ending on such a day meanwhile. */
const TRIES = 20;

/**
 * Counts every deployment anew. The counters of a day are replaced only if no server has changed them since the count began; such a day is
 * counted again. An ending that waits to be counted is taken off, because it is counted later.
 */
export async function recount(db: mongo.Db): Promise<{ days: number; corrected: number }> {
  let left: ReadonlySet<string> | undefined;
  let days = 0;
  let corrected = 0;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const before = await revisionsOf(db, left);
    const parts = await partsOf(db);
    const ids = left ?? new Set([...before.keys(), ...parts.keys()]);
    if (!left) days = ids.size;
    const changed = new Set<string>();
    for (const id of ids) {
      const result = await correct(db, { id, revision: before.get(id), parts: parts.get(id) ?? [] });
      if (result === 'corrected') corrected += 1;
      if (result === 'changed') changed.add(id);
    }
    if (changed.size === 0) return { days, corrected };
    left = changed;
  }
  throw new VitrineError('unavailable', 'The statistics change faster than they can be counted: try again.');
}

async function revisionsOf(
  db: mongo.Db,
  only: ReadonlySet<string> | undefined,
): Promise<ReadonlyMap<string, number>> {
  const filter = only ? { _id: { $in: [...only] } } : {};
  const found = db.collection<Day>(DAYS).find(filter, { projection: { revision: 1 } });
  return new Map((await found.toArray()).map(({ _id, revision = 0 }) => [_id, revision]));
}

interface Correction {
  readonly id: string;
  /** Before the count; undefined when there was no such day. */
  readonly revision: number | undefined;
  readonly parts: readonly Part[];
}

async function correct(
  db: mongo.Db,
  { id, revision, parts }: Correction,
): Promise<'right' | 'corrected' | 'changed'> {
  const days = db.collection<Day>(DAYS);
  const stored = await days.findOne({ _id: id });
  if ((stored?.revision ?? (stored ? 0 : undefined)) !== revision) return 'changed';
  const { counts, durations, stages } = sum(parts, stored?.applied ?? []);
  const isRight = same(stored?.counts, counts) && same(stored?.durations, durations);
  if (isRight && same(flat(stored?.stages), flat(stages))) return 'right';
  const [scope = '', day = ''] = id.split(' ');
  const set = { $set: { scope, day, counts, durations, stages }, $inc: { revision: 1 } };
  const unchanged = { _id: id, revision: stored?.revision ?? { $exists: false } } as mongo.Filter<Day>;
  try {
    const written = await days.updateOne(unchanged, set, { upsert: stored === null });
    return written.matchedCount + written.upsertedCount > 0 ? 'corrected' : 'changed';
  } catch (error) {
    if (isDuplicateKey(error)) return 'changed';
    throw error;
  }
}

function sum(parts: readonly Part[], applied: readonly string[]) {
  const counts: Record<string, number> = {};
  const durations: Record<string, number> = {};
  const stages: Record<string, Record<string, number>> = {};
  for (const { _id, by } of parts) {
    // It waits only to be forgotten: the counters have it.
    if (_id.key !== null && applied.includes(_id.key)) continue;
    add(counts, _id.status, by);
    const duration = durationOf({ ..._id, seconds: _id.seconds ?? null });
    if (duration !== null) add(durations, duration, by);
    for (const path of stageClassesOf({ ..._id, stages: _id.stages ?? {} })) {
      const [stage = '', name = ''] = path.split('.');
      add((stages[stage] ??= {}), name, by);
    }
  }
  const kept = Object.entries(stages).map(([stage, each]) => [stage, withoutZeros(each)]);
  return {
    counts: withoutZeros(counts),
    durations: withoutZeros(durations),
    stages: Object.fromEntries(kept) as Stages,
  };
}

function add(into: Record<string, number>, name: string, by: number): void {
  into[name] = (into[name] ?? 0) + by;
}

function flat(stages: Stages = {}): Counters {
  const paths = Object.entries(stages).flatMap(([stage, each]) =>
    Object.entries(each).map(([name, count]) => [`${stage}.${name}`, count] as const),
  );
  return Object.fromEntries(paths);
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** A counter that went back to zero is as good as none. */
function same(a: Readonly<Record<string, number>> = {}, b: Readonly<Record<string, number>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}

/** The tally of a deployment is counted, but for its endings that wait. One read of each deployment shows both. */
const PARTS = {
  $concatArrays: [
    {
      $cond: [
        { $eq: [{ $type: '$tally.day' }, 'string'] },
        [
          {
            ...{ day: '$tally.day', status: '$tally.status', seconds: '$tally.seconds' },
            ...{ stages: '$tally.stages', by: 1, key: null },
          },
        ],
        [],
      ],
    },
    {
      $map: {
        input: { $ifNull: ['$endings', []] },
        as: 'one',
        in: {
          day: '$$one.day',
          status: '$$one.status',
          seconds: '$$one.seconds',
          stages: '$$one.stages',
          by: { $multiply: ['$$one.by', -1] },
          key: '$$one.key',
        },
      },
    },
  ],
};

const GROUPED = {
  _id: {
    projectId: '$projectId',
    day: '$part.day',
    status: '$part.status',
    seconds: '$part.seconds',
    stages: '$part.stages',
    key: '$part.key',
  },
  by: { $sum: '$part.by' },
};

/** By the id of the day that they belong to. This reads every deployment; those of deleted projects count for the server only. */
async function partsOf(db: mongo.Db): Promise<ReadonlyMap<string, readonly Part[]>> {
  const pipeline = [{ $project: { projectId: 1, part: PARTS } }, { $unwind: '$part' }, { $group: GROUPED }];
  const projects = await db
    .collection<{ _id: string }>(PROJECTS)
    .find({}, { projection: { _id: 1 } })
    .toArray();
  const counted = new Set([SERVER, ...projects.map(({ _id }) => _id)]);
  const all = new Map<string, Part[]>();
  for await (const part of db.collection(DEPLOYMENTS).aggregate<Part>(pipeline, { allowDiskUse: true })) {
    for (const scope of [part._id.projectId, SERVER].filter((one) => counted.has(one))) {
      const id = `${scope} ${part._id.day}`;
      const parts = all.get(id) ?? [];
      if (parts.length === 0) all.set(id, parts);
      parts.push(part);
    }
  }
  return all;
}
