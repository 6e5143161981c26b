import { setTimeout as pause } from 'node:timers/promises';
import type { Connection, Model, mongo } from 'mongoose';
import { VitrineError } from '../../../src/shared/errors.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, newId } from '../shared/write.js';

type Migrations = mongo.Collection<MigrationDocument>;

const LOCK = 'lock';

const LEASE_MS = 15_000;

const LOOK_AGAIN_MS = 100;

/** Long enough to build an index over a large collection. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** One process migrates, the others wait. After a crash another process continues when the lease ends. */
export async function withMigrationLock<T>(migrations: Migrations, work: () => Promise<T>): Promise<T> {
  const owner = newId();
  await insertedOrThere(migrations.insertOne({ _id: LOCK, until: new Date(0) }));
  await acquireLock(migrations, owner);
  const renewal = setInterval(() => void renewLock(migrations, owner).catch(() => undefined), LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await migrations.updateOne({ _id: LOCK, owner }, { $set: { until: new Date(0) } });
  }
}

async function acquireLock(migrations: Migrations, owner: string): Promise<void> {
  const free = { _id: LOCK, $expr: { $lte: ['$until', '$$NOW'] } };
  for (let waited = 0; waited < LONGEST_WAIT_MS; waited += LOOK_AGAIN_MS) {
    const { matchedCount } = await migrations.updateOne(free, [{ $set: { owner, until: leaseEnd() } }]);
    if (matchedCount === 1) return;
    await pause(LOOK_AGAIN_MS);
  }
  throw new VitrineError(
    'unavailable',
    'Another process migrates the database and does not finish: look at its log.',
  );
}

async function renewLock(migrations: Migrations, owner: string): Promise<void> {
  await migrations.updateOne({ _id: LOCK, owner }, [{ $set: { until: leaseEnd() } }]);
}

function leaseEnd(): object {
  return { $add: ['$$NOW', LEASE_MS] };
}

/** A migration that is in force. The lease of the process that migrates lives in the same collection, as `lock`. */
export interface MigrationDocument {
  readonly _id: string;
  readonly version?: number;
  readonly name?: string;
  readonly appliedAt?: Date;
  /** How long it took. Absent for those of version 0.2. */
  readonly ms?: number;
  readonly owner?: string;
  readonly until?: Date;
}

export const MIGRATIONS = 'migrations';

const migrationSchema = strictSchema<MigrationDocument>({
  _id: String,
  version: Number,
  name: String,
  appliedAt: Date,
  ms: Number,
  owner: String,
  until: Date,
});

export function migrationModel(connection: Connection): Model<MigrationDocument> {
  return connection.model<MigrationDocument>(MIGRATIONS, migrationSchema, MIGRATIONS);
}
