import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator } from './validators.js';

const LINKS = 'previewLinks';

const indexes: readonly IndexDefinition[] = [
  { collection: LINKS, name: 'token', key: { tokenHash: 1 }, unique: true },
  {
    collection: LINKS,
    name: 'environment_kind_id',
    key: { environmentId: 1, kind: 1, _id: -1 },
  },
  { collection: LINKS, name: 'project', key: { projectId: 1 } },
  { collection: LINKS, name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
];

const validators = [
  validator('previewPasswords', { hash: 'string', version: 'string', setBy: 'string', setAt: 'date' }),
  validator(LINKS, {
    kind: { enum: ['share', 'bypass'] },
    environmentId: 'string',
    projectId: 'string',
    name: 'string',
    path: 'string',
    tokenHash: 'string',
    createdBy: 'string',
    createdAt: 'date',
    expiresAt: 'date',
  }),
];

async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** Earlier versions publish no protected preview, so what lets visitors in is of no use to them. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, validators);
  for (const { collection } of validators) await db.collection(collection).deleteMany({});
}

/** Passwords of protected previews, and the links that open them. */
export const protectedPreviews: Migration = {
  version: 13,
  name: 'protected-previews',
  indexes,
  validators,
  up,
  down,
};
