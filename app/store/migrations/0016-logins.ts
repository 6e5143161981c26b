import type { mongo } from 'mongoose';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';

const indexes: readonly IndexDefinition[] = [
  {
    collection: 'users',
    name: 'login_updated',
    key: { login: 1, updatedAt: -1, _id: -1 },
    partial: { login: { $gt: '' } },
  },
];

/** The pictures of people are found by their logins. */
export const logins: Migration = {
  version: 16,
  name: 'logins',
  indexes,
  up: (db: mongo.Db) => makeIndexes(db, indexes),
  down: (db: mongo.Db) => dropIndexes(db, indexes),
};
