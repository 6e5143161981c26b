import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { createCollections, removeValidators, validator } from './validators.js';

const indexes: readonly IndexDefinition[] = [
  { collection: 'screenshots', name: 'deployment', key: { deploymentId: 1 }, unique: true },
  { collection: 'screenshots', name: 'environment_id', key: { environmentId: 1, _id: -1 } },
  { collection: 'screenshots', name: 'pictures', key: { pictures: 1 } },
  {
    collection: 'environments',
    name: 'due_screenshot',
    key: { 'due.screenshot.at': 1 },
    partial: { 'due.screenshot.at': { $gt: new Date(0) } },
  },
];

const orNull = (bsonType: string): mongo.Document => ({ bsonType: [bsonType, 'null'] });

const validators = [
  validator('screenshots', {
    projectId: 'string',
    environmentId: 'string',
    deploymentId: 'string',
    generation: 'number',
    sha: 'string',
    taken: orNull('object'),
    reason: orNull('string'),
    comparison: orNull('object'),
    pictures: 'array',
    recordedAt: 'date',
  }),
];

async function up(db: mongo.Db): Promise<void> {
  await createCollections(db, validators);
  // What is live already was not photographed, and is not due.
  await db.collection('environments').updateMany(
    { 'due.screenshot': { $exists: false } },
    {
      $set: {
        'due.screenshot': { at: null, wanted: 0, attempts: 0, error: null },
        'lease.screenshot': { owner: null, until: new Date(0), fence: 0 },
      },
    },
  );
  await makeIndexes(db, indexes);
}

/** The pictures themselves go with the next sweep of the files. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, validators);
  await db.collection('screenshots').deleteMany({});
  await db
    .collection('environments')
    .updateMany({}, { $unset: { 'due.screenshot': '', 'lease.screenshot': '' } });
}

/** What previews looked like, and which are to be photographed. */
export const screenshots: Migration = { version: 15, name: 'screenshots', indexes, validators, up, down };
