import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator } from './validators.js';

const indexes: readonly IndexDefinition[] = [
  { collection: 'idempotencyKeys', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  { collection: 'requestRates', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
];

const validators = [
  validator('idempotencyKeys', {
    request: 'string',
    owner: 'string',
    busyUntil: 'date',
    answer: { bsonType: ['binData', 'null'] },
    expiresAt: 'date',
  }),
  validator('requestRates', { count: 'number', expiresAt: 'date' }),
];

async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** Nothing of the product is lost: a repeated request would be carried out again, and the counts begin anew. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, validators);
}

/** What the API keeps for its clients: answers under idempotency keys, and how often each asked. */
export const api: Migration = { version: 10, name: 'api', indexes, validators, up, down };
