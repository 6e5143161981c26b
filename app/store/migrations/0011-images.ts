import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator } from './validators.js';

const indexes: readonly IndexDefinition[] = [
  { collection: 'imageBlobs', name: 'project_digest', key: { projectId: 1, digest: 1 } },
  { collection: 'imageBlobs', name: 'environment', key: { environmentId: 1 } },
  { collection: 'imageBlobs', name: 'digest', key: { digest: 1 } },
  { collection: 'images', name: 'environment', key: { environmentId: 1 } },
  { collection: 'images', name: 'repository_subject', key: { repository: 1, subject: 1 } },
  { collection: 'images', name: 'digest', key: { digest: 1 } },
  { collection: 'imageTags', name: 'repository_tag', key: { repository: 1, tag: 1 }, unique: true },
  { collection: 'imageTags', name: 'environment', key: { environmentId: 1 } },
];

const owner = { repository: 'string', environmentId: 'string' } as const;

const validators = [
  validator('imageBlobs', {
    ...owner,
    projectId: 'string',
    digest: 'string',
    size: 'number',
    usedAt: 'date',
  }),
  validator('images', {
    ...owner,
    projectId: 'string',
    digest: 'string',
    size: 'number',
    mediaType: 'string',
    blobs: 'array',
    manifests: 'array',
    pushedAt: 'date',
  }),
  validator('imageTags', { ...owner, tag: 'string', digest: 'string', at: 'date' }),
];

/** Container images that workflow runs push to this server. */
async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** Earlier versions have no images: what is left in the blob store is swept there. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, validators);
  for (const { collection } of validators) await db.collection(collection).deleteMany({});
}

export const images: Migration = { version: 11, name: 'images', indexes, validators, up, down };
