import type { Connection, Model } from 'mongoose';
import { strictSchema } from '../shared/schema.js';

/** A migration that is in force. The lease of the process that migrates lives in the same collection, as `lock`. */
export interface MigrationDocument {
  readonly _id: string;
  readonly version?: number;
  readonly name?: string;
  readonly appliedAt?: Date;
  readonly owner?: string;
  readonly until?: Date;
}

export const MIGRATIONS = 'migrations';

const migrationSchema = strictSchema<MigrationDocument>({
  _id: String,
  version: Number,
  name: String,
  appliedAt: Date,
  owner: String,
  until: Date,
});

export function migrationModel(connection: Connection): Model<MigrationDocument> {
  return connection.model<MigrationDocument>(MIGRATIONS, migrationSchema, MIGRATIONS);
}
