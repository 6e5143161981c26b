import { parseArgs } from 'node:util';
import { createToken } from '../../src/people/api-token.js';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import { findStoreDatabase } from '../compose/open-store.js';
import { type Env, envToConfig } from '../config/config.js';
import { createLog } from '../config/log.js';
import { projectVersion } from '../config/project-root.js';
import { envToDatabaseUri } from '../config/secrets.js';
import { connectStore } from '../store/connect.js';
import { history, migrate as migrateTo } from '../store/migrations/migrate.js';
import { openConnection } from '../store/open-connection.js';

const USAGE = `Usage: npm start -- [command]

Without a command the server starts.

  token create --name <whom>   makes a token for the API and shows it once
  migrate [--to <version>]     brings the database to the newest version, or to the one given
  migrate --history            lists the migrations that are in force
  --help, --version

Everything else is set by environment variables or a .env file: see docs/configuration.md.`;

interface Arguments {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

export function readArguments(args: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean' },
        version: { type: 'boolean' },
        name: { type: 'string' },
        to: { type: 'string' },
        history: { type: 'boolean' },
      },
    });
    return { words: positionals, values };
  } catch (error) {
    throw new VitrineError('bad_request', `${messageOf(error)}\n${USAGE}`);
  }
}

/** Runs a command that is not the server, and answers what it has to say. */
export async function runCommand(
  { words, values }: Arguments,
  surroundings: CommandSurroundings,
): Promise<readonly string[]> {
  if (values['help']) return [USAGE];
  if (values['version']) return [projectVersion()];
  const command = words.join(' ');
  if (command === 'token create')
    return [await createOperatorToken(surroundings, String(values['name'] ?? ''))];
  if (command === 'migrate' && values['history']) return migrationHistory(surroundings);
  if (command === 'migrate') return migrate(surroundings, versionOf(values['to']));
  throw new VitrineError('bad_request', `There is no command "${command}".\n${USAGE}`);
}

function versionOf(to: string | boolean | undefined): { to?: number } {
  if (to === undefined) return {};
  if (typeof to === 'string' && /^\d{1,6}$/.test(to)) return { to: Number(to) };
  throw new VitrineError('bad_request', '--to must be the number of a migration; 0 takes all of them back.');
}

interface MigrateOptions {
  /** The version to end at; the newest unless said. */
  readonly to?: number;
}

/** Brings the database to a version, and answers what is in force then, one line each. */
function migrate(surroundings: CommandSurroundings, { to }: MigrateOptions): Promise<readonly string[]> {
  return onDatabase(surroundings, async ({ connection, log }) => {
    await migrateTo({ connection, log, ...(to !== undefined && { to }) });
    return listed(connection);
  });
}

/** What is in force, one line each; changes nothing. */
function migrationHistory(surroundings: CommandSurroundings): Promise<readonly string[]> {
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

const NAME = /^[\w .@-]{1,100}$/;

/** Makes a token for an operator's programs. Only its hash is kept: this is the one time it can be seen. */
async function createOperatorToken(
  surroundings: CommandSurroundings,
  name: string | undefined,
): Promise<string> {
  if (!name || !NAME.test(name)) {
    throw new VitrineError(
      'bad_request',
      'Say whom the token is for: token create --name "continuous integration".',
    );
  }
  const { token, hash } = createToken('vto');
  await withDatabase(surroundings, async (database) => {
    const store = await connectStore(database);
    const scope = { kind: 'operator', name } as const;
    await store.stores.tokens.issue({ hash, scope, expiresAt: null }).finally(store.close);
  });
  return token;
}

interface CommandSurroundings {
  readonly env: Env;
  readonly print: (line: string) => void;
}

/** Work on the database alone, without a server. */
async function withDatabase<T>(
  { env, print }: CommandSurroundings,
  work: (database: { uri: string; log: Log }) => Promise<T>,
): Promise<T> {
  const config = envToConfig(env);
  const log = createLog({ level: config.logLevel, clock: { now: () => new Date() }, write: print });
  const database = await findStoreDatabase({ config, mongodbUri: envToDatabaseUri(env), env, log });
  try {
    return await work({ uri: database.uri, log });
  } finally {
    await database.stop();
  }
}
