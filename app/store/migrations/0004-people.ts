import type { mongo } from 'mongoose';
import type { Migration } from './migration.js';
import { objectOf, setValidators, validator } from './validators.js';

const tokensOf = (...kinds: readonly string[]) =>
  validator('apiTokens', { scope: objectOf({ kind: { enum: [...kinds] } }), createdAt: 'date' });

const validators = [tokensOf('run', 'operator', 'user')];

/** People have API tokens of their own. */
async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
}

/** An earlier version does not know whom such a token speaks for. */
async function down(db: mongo.Db): Promise<void> {
  await db.collection('apiTokens').deleteMany({ 'scope.kind': 'user' });
  await setValidators(db, [tokensOf('run', 'operator')]);
}

export const people: Migration = { version: 4, name: 'people', indexes: [], validators, up, down };
