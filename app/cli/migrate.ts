import { VitrineError } from '../../src/shared/errors.js';
import { showDuration } from '../../src/shared/time.js';
import { history, migrate, statusOf } from '../store/migrations/migrate.js';
import { MIGRATE_USAGE } from './arguments.js';
import type { OnDatabase, Opened } from './database.js';

interface Asked {
  readonly what: string;
  readonly to: string | boolean | undefined;
}

/** Answers what is in force afterwards, one line each. */
export function runMigrate(onDatabase: OnDatabase, { what, to }: Asked): Promise<readonly string[]> {
  const version = versionOf(to);
  if (what === 'status') {
    if (version !== undefined) throw new VitrineError('bad_request', 'status takes no --to.');
    return onDatabase(listed);
  }
  if (what === 'up') return onDatabase((open) => up(open, version));
  if (what === 'down') return onDatabase((open) => down(open, version));
  throw new VitrineError('bad_request', `There is no "migrate ${what}".\n${MIGRATE_USAGE}`);
}

function versionOf(to: string | boolean | undefined): number | undefined {
  if (to === undefined) return undefined;
  if (typeof to === 'string' && /^\d{1,6}$/.test(to)) return Number(to);
  throw new VitrineError('bad_request', '--to must be the number of a migration; 0 takes all of them back.');
}

async function up(open: Opened, to: number | undefined): Promise<readonly string[]> {
  const newest = newestOf(await history(open.connection));
  if (to !== undefined && to < newest)
    throw new VitrineError(
      'bad_request',
      `The database has version ${newest}: "down --to ${to}" takes it back.`,
    );
  await migrate({ ...open, ...(to !== undefined && { to }) });
  return listed(open);
}

async function down(open: Opened, to: number | undefined): Promise<readonly string[]> {
  const applied = await history(open.connection);
  const newest = newestOf(applied);
  if (to !== undefined && to > newest)
    throw new VitrineError('bad_request', `The database has version ${newest}: "up --to ${to}" goes there.`);
  const before = applied.filter(({ version }) => version < newest);
  await migrate({ ...open, to: to ?? newestOf(before) });
  return listed(open);
}

type Versions = readonly { readonly version: number }[];

function newestOf(applied: Versions): number {
  return applied.at(-1)?.version ?? 0;
}

async function listed({ connection }: Opened): Promise<readonly string[]> {
  return (await statusOf(connection)).map(({ version, name, appliedAt, ms }) => {
    const state = appliedAt === null ? 'not applied' : appliedAt.toISOString();
    const took = ms === null ? '' : `  took ${showDuration(ms)}`;
    return `${String(version).padStart(4, '0')}  ${state.padEnd(24)}  ${name}${took}`;
  });
}
