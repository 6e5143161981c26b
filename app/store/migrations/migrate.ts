import { type Connection, type mongo, trusted } from 'mongoose';
import { isVitrineError, messageOf, VitrineError } from '../../../src/shared/errors.js';
import type { Log } from '../../../src/shared/tools.js';
import { initialIndexes } from './0001-initial-indexes.js';
import { typedEndings } from './0002-typed-endings.js';
import { kindAndReach } from './0003-kind-and-reach.js';
import { people } from './0004-people.js';
import { accountsAndNotifications } from './0005-accounts-and-notifications.js';
import { projectSettings } from './0006-projects.js';
import { variablesAndSecrets } from './0007-variables-and-secrets.js';
import { logChunks } from './0008-log-chunks.js';
import { history as historyMigration } from './0009-history.js';
import { api } from './0010-api.js';
import { images } from './0011-images.js';
import { containers } from './0012-containers.js';
import { protectedPreviews } from './0013-protected-previews.js';
import { administration } from './0014-administration.js';
import { screenshots } from './0015-screenshots.js';
import { logins } from './0016-logins.js';
import { asVitrineError } from '../shared/outage.js';
import { checkIndexes } from './indexes.js';
import {
  type MigrationDocument,
  migrationModel,
  MIGRATIONS as MIGRATIONS_COLLECTION,
  withMigrationLock,
} from './lock.js';
import type { Migration } from './migration.js';
import { canChangeRules, createCollections } from './validators.js';

export interface Applied {
  readonly version: number;
  readonly name: string;
  readonly appliedAt: Date;
  /** How long it took; null where that was not measured. */
  readonly ms: number | null;
}

interface MigrateOptions {
  readonly connection: Connection;
  readonly log: Log;
  /** The version to end at; the newest this code knows unless said. */
  readonly to?: number;
  readonly migrations?: readonly Migration[];
  /**
   * Called once, when documents can be stored: an older version takes them too, because a process of the older program may run until it
   * is replaced. An empty database has no collections before its migration.
   */
  readonly onUsable?: () => void;
}

type Plan = Required<Omit<MigrateOptions, 'connection' | 'onUsable'>> & { readonly db: mongo.Db };

/** Brings the database to a version, up or down. Several processes may start at once: one works, the others wait. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { connection, log, migrations = MIGRATIONS, onUsable = () => undefined } = options;
  const newest = migrations.at(-1)?.version ?? 0;
  const db = connection.getClient().db(connection.name);
  const plan = { db, log, migrations, to: options.to ?? newest };
  const applied = await history(connection);
  refuseNewer(applied, newest);
  // Nothing may be stored in a collection while it is rebuilt.
  const usable = applied.length > 0 && !(await rebuildsInbox(applied, plan));
  if (usable) onUsable();
  if (!isAt(applied, plan)) await withMigrationLock(collectionOf(db), () => run(connection, plan));
  if (!usable) onUsable();
  await checkIndexes(
    db,
    migrations.filter(({ version }) => version <= plan.to),
  );
}

const INBOX = 'webhookDeliveries';

/** Whether a collection that takes webhooks gets other rules, and the database can only do that by rebuilding it. */
async function rebuildsInbox(applied: readonly Applied[], { db, migrations, to }: Plan): Promise<boolean> {
  const versions = new Set(applied.map(({ version }) => version));
  const changed = migrations.filter(({ version }) => versions.has(version) !== version <= to);
  const concerned = changed.some(({ validators = [] }) =>
    validators.some(({ collection }) => collection === INBOX),
  );
  return concerned && !(await canChangeRules(db, MIGRATIONS_COLLECTION));
}

/** The migrations that are in force, oldest first. */
export async function history(connection: Connection): Promise<readonly Applied[]> {
  const applied = { version: trusted({ $gt: 0 }) };
  const found = await migrationModel(connection).find(applied).sort({ _id: 1 }).lean<MigrationDocument[]>();
  return found.map(({ version = 0, name = '', appliedAt = new Date(0), ms = null }) => ({
    version,
    name,
    appliedAt,
    ms,
  }));
}

export interface MigrationStatus extends Omit<Applied, 'appliedAt'> {
  /** Null when it is not applied. */
  readonly appliedAt: Date | null;
}

/** Every migration that this program knows or the database has, oldest first. */
export async function statusOf(
  connection: Connection,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly MigrationStatus[]> {
  const applied = new Map((await history(connection)).map((one) => [one.version, one]));
  const known = migrations.map(({ version, name }) => ({ version, name, appliedAt: null, ms: null }));
  const all = new Map<number, MigrationStatus>(known.map((one) => [one.version, one]));
  for (const [version, one] of applied) all.set(version, one);
  return [...all.values()].sort((a, b) => a.version - b.version);
}

/** Reads the history again under the lock: another process may have migrated meanwhile. */
async function run(connection: Connection, plan: Plan): Promise<void> {
  const applied = new Set((await history(connection)).map(({ version }) => version));
  const up = plan.migrations.filter(({ version }) => version <= plan.to && !applied.has(version));
  const down = plan.migrations.filter(({ version }) => version > plan.to && applied.has(version)).reverse();
  if (applied.size === 0)
    await createCollections(
      plan.db,
      up.flatMap(({ validators = [] }) => validators),
    );
  for (const migration of up) await stepUp(migration, plan);
  for (const migration of down) await stepDown(migration, plan);
}

async function stepUp(migration: Migration, { db, log }: Plan): Promise<void> {
  const { version, name } = migration;
  const start = performance.now();
  await migration.up(db).catch((error: unknown) => {
    throw failed(migration, { error, way: 'up' });
  });
  const ms = Math.round(performance.now() - start);
  // Recorded last: a crash before this line runs the step again, a crash after it does not.
  await collectionOf(db).updateOne(
    { _id: idOf(migration) },
    { $set: { version, name, ms }, $currentDate: { appliedAt: true } },
    { upsert: true },
  );
  log('info', 'The database was migrated', { version, name, ms });
}

async function stepDown(migration: Migration, { db, log }: Plan): Promise<void> {
  const { version, name } = migration;
  // Removed first: after a crash the step runs up again, and is never recorded but undone.
  await collectionOf(db).deleteOne({ _id: idOf(migration) });
  await migration.down(db).catch((error: unknown) => {
    throw failed(migration, { error, way: 'down' });
  });
  log('info', 'A migration of the database was taken back', { version, name });
}

const REMEDY = {
  up: 'The database is as usable as before: steps that were done are kept and repeated. Correct the cause and start again, or start the version of the program that ran before.',
  down: 'Correct the cause, run "npm run migrate -- up", and take it back again.',
};

/** One line for the operator. An outage keeps its code: the next start tries again. */
function failed(
  { version, name }: Migration,
  { error, way }: { error: unknown; way: 'up' | 'down' },
): VitrineError {
  const cause = asVitrineError(error);
  const code = isVitrineError(cause) ? cause.code : 'internal';
  const reason = messageOf(cause).replace(/[^.]$/, '$&.');
  const message = `Migration ${version} (${name}) failed on its way ${way}: ${reason} ${REMEDY[way]}`;
  return new VitrineError(code, message, { cause: error });
}

function isAt(applied: readonly Applied[], { migrations, to }: Plan): boolean {
  const wanted = migrations.filter(({ version }) => version <= to);
  return (
    applied.length === wanted.length &&
    wanted.every(({ version }, index) => applied[index]?.version === version)
  );
}

function refuseNewer(applied: readonly Applied[], newest: number): void {
  const newer = applied.find(({ version }) => version > newest);
  if (!newer) return;
  const has = `The database has version ${newer.version} (${newer.name}) and this program knows ${newest}`;
  throw new VitrineError('conflict', `${has}: start the newer program, or migrate down with it first.`);
}

function collectionOf(db: mongo.Db): mongo.Collection<MigrationDocument> {
  return db.collection<MigrationDocument>(MIGRATIONS_COLLECTION);
}

function idOf({ version }: Migration): string {
  return String(version).padStart(4, '0');
}

/** In order of their versions. A migration that was released is never changed: the next one corrects it. */
export const MIGRATIONS: readonly Migration[] = [
  initialIndexes,
  typedEndings,
  kindAndReach,
  people,
  accountsAndNotifications,
  projectSettings,
  variablesAndSecrets,
  logChunks,
  historyMigration,
  api,
  images,
  containers,
  protectedPreviews,
  administration,
  screenshots,
  logins,
];
