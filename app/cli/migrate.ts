import { history, migrate as migrateTo } from '../store/migrations/migrate.js';
import { openConnection } from '../store/open-connection.js';
import { withDatabase, type CommandSurroundings } from './with-database.js';

export interface MigrateOptions {
  /** The version to end at; the newest unless said. */
  readonly to?: number;
}

/** Brings the database to a version, and answers what is in force then, one line each. */
export function migrate(
  surroundings: CommandSurroundings,
  { to }: MigrateOptions,
): Promise<readonly string[]> {
  return onDatabase(surroundings, async ({ connection, log }) => {
    await migrateTo({ connection, log, ...(to !== undefined && { to }) });
    return listed(connection);
  });
}

/** What is in force, one line each; changes nothing. */
export function migrationHistory(surroundings: CommandSurroundings): Promise<readonly string[]> {
  return onDatabase(surroundings, ({ connection }) => listed(connection));
}

type Connection = Awaited<ReturnType<typeof openConnection>>;
type Work<T> = (open: { connection: Connection; log: Parameters<typeof migrateTo>[0]['log'] }) => Promise<T>;

function onDatabase<T>(surroundings: CommandSurroundings, work: Work<T>): Promise<T> {
  return withDatabase(surroundings, async ({ uri, log }) => {
    const connection = await openConnection({ uri, log });
    return work({ connection, log }).finally(() => connection.close());
  });
}

async function listed(connection: Connection): Promise<readonly string[]> {
  const applied = await history(connection);
  if (applied.length === 0) return ['No migration is in force.'];
  return applied.map(({ version, name, appliedAt }) => `${version}  ${appliedAt.toISOString()}  ${name}`);
}
