import type { mongo } from 'mongoose';
import type { ValidatorDefinition } from './validators.js';

/** One step of the database schema. Running `up` again after a crash half-way must complete it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** What this step makes; they are checked at every start. */
  readonly indexes: readonly IndexDefinition[];
  /** What this step makes the database demand of documents. A new database is created with them. */
  readonly validators?: readonly ValidatorDefinition[];
  up(db: mongo.Db): Promise<void>;
  down(db: mongo.Db): Promise<void>;
}

export interface IndexDefinition {
  readonly collection: string;
  readonly name: string;
  /** `text`: every word as it is written, in no language. A query must name a project, or what else comes before it. */
  readonly key: Readonly<Record<string, 1 | -1 | 'text'>>;
  readonly unique?: true;
  readonly partial?: Readonly<Record<string, unknown>>;
  /** Cleanup only: the database may remove documents late, so readers check the date. */
  readonly expireAfterSeconds?: number;
}
