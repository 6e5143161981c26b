import type { mongo } from 'mongoose';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import { type MigrationDocument, MIGRATIONS as COLLECTION } from './migrations/lock.js';
import { MIGRATIONS, statusOf } from './migrations/migrate.js';
import { openConnection } from './open-connection.js';

export interface DatabaseFacts {
  readonly version: string;
  /** Whether it survives the loss of a machine. */
  readonly isReplicated: boolean;
  /** Migrations that this program knows and the database has not. */
  readonly missing: number;
  /** Migrations of a newer program. */
  readonly newer: number;
}

/** Looks at a database with the options of the server, and changes nothing in it. Throws when it cannot be used. */
export async function inspectDatabase(uri: string): Promise<DatabaseFacts> {
  const connection = await openConnection({ uri, log: () => undefined });
  try {
    const db = connection.getClient().db(connection.name);
    const { version } = await db.admin().buildInfo();
    const hello = await db.admin().command({ hello: 1 });
    await requireDurableWrites(db);
    const all = await statusOf(connection);
    const newest = MIGRATIONS.at(-1)?.version ?? 0;
    return {
      version: String(version),
      isReplicated: hello['setName'] !== undefined || hello['msg'] === 'isdbgrid',
      missing: all.filter(({ appliedAt }) => appliedAt === null).length,
      newer: all.filter((one) => one.version > newest).length,
    };
  } catch (cause) {
    throw new VitrineError('unavailable', `The database cannot be used (${messageOf(cause)}).`, { cause });
  } finally {
    await connection.destroy();
  }
}

/** No document has this id, so nothing is written. A server that cannot wait for its journal refuses, and so it does to a user who may not write. */
async function requireDurableWrites(db: mongo.Db): Promise<void> {
  const nobody = { _id: 'doctor' };
  await db.collection<MigrationDocument>(COLLECTION).updateOne(nobody, { $set: { name: 'doctor' } });
}
