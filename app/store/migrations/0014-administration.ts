import type { mongo } from 'mongoose';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { recount } from '../deployments/recount.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';

const DAYS = 'deploymentStatistics';

const indexes: readonly IndexDefinition[] = [
  {
    collection: DAYS,
    name: 'day_bytes',
    key: { day: 1, 'measured.bytes': -1 },
    partial: { 'measured.bytes': { $gt: 0 } },
  },
  { collection: 'auditLog', name: 'actor_id', key: { actor: 1, _id: -1 } },
  { collection: 'auditLog', name: 'action_id', key: { action: 1, _id: -1 } },
  { collection: 'users', name: 'active_id', key: { active: 1, _id: -1 } },
  { collection: 'containers', name: 'status', key: { status: 1 } },
];

const isDate = (path: string) => ({ $eq: [{ $type: path }, 'date'] });

/** What `tallyOf` writes today. */
const STAGES = {
  $arrayToObject: {
    $map: {
      input: {
        $filter: {
          input: '$stages',
          as: 'one',
          cond: {
            $and: [
              { $eq: ['$$one.status', STAGE_STATUS.completed] },
              isDate('$$one.startedAt'),
              isDate('$$one.completedAt'),
            ],
          },
        },
      },
      as: 'one',
      in: {
        k: '$$one.name',
        v: {
          $round: [
            { $divide: [{ $max: [0, { $subtract: ['$$one.completedAt', '$$one.startedAt'] }] }, 1_000] },
            1,
          ],
        },
      },
    },
  },
};

async function up(db: mongo.Db): Promise<void> {
  await makeIndexes(db, indexes);
  const before = {
    'tally.status': DEPLOYMENT_STATUS.success,
    'tally.stages': { $exists: false },
    'stages.status': STAGE_STATUS.completed,
  };
  await db.collection('deployments').updateMany(before, [{ $set: { 'tally.stages': STAGES } }]);
  await recount(db);
}

/** An earlier version counts no stages and measures nothing. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  const stages = { 'tally.stages': { $exists: true } };
  await db.collection('deployments').updateMany(stages, { $unset: { 'tally.stages': '' } });
  await db.collection(DAYS).updateMany({}, { $unset: { stages: '', measured: '' } });
  await db.collection(DAYS).deleteMany({ counts: { $exists: false } });
  for (const name of ['jobRuns'])
    if ((await db.listCollections({ name }).toArray()).length > 0) await db.collection(name).drop();
}

/** Stages are counted, storage is measured, and administrators list people and the audit log. */
export const administration: Migration = { version: 14, name: 'administration', indexes, up, down };
