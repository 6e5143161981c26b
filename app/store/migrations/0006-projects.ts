import type { mongo } from 'mongoose';
import { typedEndings } from './0002-typed-endings.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { setValidators, validator } from './validators.js';

/** The rule by which a pull request waits for a free place. */
const QUEUED = 'limit-queued';

const indexes: readonly IndexDefinition[] = [
  { collection: 'projects', name: 'repo_id', key: { repoId: 1, _id: -1 } },
  {
    collection: 'projects',
    name: 'deleting',
    key: { deletingAt: 1 },
    partial: { deletingAt: { $gt: new Date(0) } },
  },
  {
    collection: 'repos',
    name: 'delete_after',
    key: { deleteAfter: 1 },
    partial: { deleteAfter: { $gt: new Date(0) } },
  },
  {
    collection: 'environments',
    name: 'project_author_decision_status',
    key: { projectId: 1, 'pullRequest.author.id': 1, 'decision.action': 1, status: 1 },
  },
  {
    collection: 'environments',
    name: 'limit_queued',
    key: { 'decision.rule': 1, status: 1, _id: 1 },
    partial: { 'decision.rule': QUEUED },
  },
  {
    collection: 'deployments',
    name: 'project_status_author',
    key: { projectId: 1, status: 1, author: 1 },
  },
];

/** Each step finds only what it has not changed yet, so all of them can be run again after a crash. */
async function up(db: mongo.Db): Promise<void> {
  const fields = { version: 0, isAdded: false, settings: {}, deletingAt: null } as const;
  const projects = db.collection('projects');
  await projects.updateMany({ version: { $exists: false } }, { $set: fields });
  await projects.updateMany({ isDefault: { $exists: false } }, { $set: { isDefault: false } });
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** The older program takes every project for an active one without settings. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await setValidators(db, earlier);
  const added = { version: '', isAdded: '', settings: '', deletingAt: '' } as const;
  await db.collection('projects').updateMany({ version: { $exists: true } }, { $unset: added });
  const repos = db.collection('repos');
  const marked = { $or: [{ deleteAfter: { $exists: true } }, { withoutDefault: { $exists: true } }] };
  await repos.updateMany(marked, { $unset: { deleteAfter: '', withoutDefault: '' } });
}

const earlier = (typedEndings.validators ?? []).filter(({ collection }) => collection === 'projects');

const validators = [
  validator('projects', {
    version: 'number',
    repoId: 'number',
    name: 'string',
    slug: 'string',
    active: 'bool',
    isDefault: 'bool',
    isAdded: 'bool',
    settings: 'object',
    deletingAt: { bsonType: ['date', 'null'] },
    createdAt: 'date',
    updatedAt: 'date',
  }),
];

/** Projects have settings, can be added by people, and are deleted in steps. */
export const projectSettings: Migration = {
  version: 6,
  name: 'project-settings',
  indexes,
  validators,
  up,
  down,
};
