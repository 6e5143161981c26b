import { STORED_LAYERS } from '../../../src/variables/scope.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator } from './validators.js';

const entries = (collection: string): IndexDefinition[] => [
  { collection, name: 'scope_name', key: { scope: 1, name: 1 }, unique: true },
  { collection, name: 'project_layer_id', key: { projectId: 1, layer: 1, _id: 1 } },
];

const byKey = (collection: string): IndexDefinition => ({
  collection,
  name: 'key_id',
  key: { keyId: 1, _id: 1 },
});

const indexes: readonly IndexDefinition[] = [
  ...entries('variables'),
  ...entries('secrets'),
  byKey('secrets'),
  byKey('deliveredSecrets'),
  { collection: 'deliveredSecrets', name: 'at', key: { at: 1 } },
];

const entry = {
  scope: 'string',
  layer: { enum: STORED_LAYERS },
  ownerId: { bsonType: ['null', 'number'] },
  projectId: { bsonType: ['null', 'string'] },
  qualifier: 'string',
  name: 'string',
  revision: 'string',
  createdAt: 'date',
  updatedAt: 'date',
  updatedBy: 'string',
} as const;

const sealed = { sealed: 'string', keyId: 'string' } as const;

const validators = [
  validator('variables', { ...entry, value: 'string' }),
  validator('secrets', { ...entry, ...sealed }),
  validator('deliveredSecrets', { ...sealed, at: 'date' }),
  validator('leases', { owner: 'string', until: 'date' }),
];

/** Variables and secrets by layer, and the leases of background work. Taken back, the documents stay: 0.3 does not read them. */
export const variablesAndSecrets: Migration = {
  version: 7,
  name: 'variables-and-secrets',
  indexes,
  validators,
  async up(db) {
    await setValidators(db, validators);
    await makeIndexes(db, indexes);
  },
  async down(db) {
    await dropIndexes(db, indexes);
    await removeValidators(db, validators);
  },
};
