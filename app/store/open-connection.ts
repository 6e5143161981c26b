import { type Connection, type ConnectOptions, createConnection, mongo } from 'mongoose';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';

export interface StoreAddress {
  readonly uri: string;
  readonly log: Log;
  /** Hears every command that is sent, as the plan tests do. */
  readonly onCommand?: (command: Readonly<Record<string, unknown>>) => void;
}

const DATABASE = 'vitrine';

/** MongoDB 6.0. https://github.com/mongodb/mongo/blob/master/src/mongo/db/wire_version.h */
const OLDEST_WIRE_VERSION = 17;

/**
 * Waiting is short everywhere: a webhook that waits for a lost database would be answered "accepted" by others and never come
 * again.
 */
const PATIENCE = {
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 8_000,
  // While the database hangs, whoever would only wait for those that wait already is told so.
  waitQueueTimeoutMS: 3_000,
} as const;

const OPTIONS = {
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
  sanitizeFilter: true,
  ignoreUndefined: true,
  ...PATIENCE,
  maxPoolSize: 20,
  // The driver itself leaves standalone servers alone, which have none.
  retryWrites: true,
} as const satisfies ConnectOptions;

/** A connection of its own: nothing is shared through the module, so one process can hold several. */
export async function openConnection({ uri, log, onCommand }: StoreAddress): Promise<Connection> {
  const connection = createConnection();
  connection.on('error', (error: Error) =>
    log('error', 'The database reported an error', { reason: error.message }),
  );
  try {
    const hello = await ask(uri);
    checkVersion(hello);
    const writeConcern = durableWrites(hello);
    await connection.openUri(uri, {
      ...OPTIONS,
      ...databaseOf(uri),
      writeConcern,
      // Named once more: alone, an address that says `journal=false` would win.
      journal: writeConcern.journal,
      // What was just written is read back: a secondary may not have it yet.
      readPreference: 'primary',
      monitorCommands: onCommand !== undefined,
    });
    const client = connection.getClient();
    if (onCommand) client.on('commandStarted', ({ command }) => onCommand(command));
  } catch (error) {
    await connection.close(true);
    throw unreachable(error);
  }
  let closing = false;
  connection.on('disconnecting', () => (closing = true));
  connection.on('disconnected', () => {
    // Mongoose says so too when it is closed on purpose.
    if (closing) return;
    log('warn', 'The database is not reachable; trying to reach it again');
  });
  connection.on('reconnected', () => log('info', 'The database is reachable again'));
  return connection;
}

/** Without a name in the address the driver would use one called `test`. */
function databaseOf(uri: string): { dbName?: string } {
  return /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(uri) ? {} : { dbName: DATABASE };
}

/** What the server says of itself, before anything depends on it. */
async function ask(uri: string): Promise<mongo.Document> {
  const client = new mongo.MongoClient(uri, PATIENCE);
  try {
    return await client.db('admin').command({ hello: 1 });
  } finally {
    await client.close();
  }
}

function checkVersion(hello: mongo.Document): void {
  if (Number(hello['maxWireVersion']) >= OLDEST_WIRE_VERSION) return;
  throw new VitrineError(
    'unavailable',
    'This MongoDB server is too old: Vitrine needs version 6.0 or newer.',
  );
}

/** The driver's own message names hosts and never the password; the address itself is not repeated. */
function unreachable(error: unknown): unknown {
  if (error instanceof VitrineError) return error;
  const reason = messageOf(error);
  const message = `The database cannot be used (${reason}): check MONGODB_URI and that the server runs.`;
  return new VitrineError('unavailable', message, { cause: error });
}

type DurableWrites = { readonly w: 'majority' | 1; readonly journal: true };

/**
 * What a write must ask for so that no crash takes back what was acknowledged. A replica set: the disks of a majority. A single
 * server: its own disk and no majority, because since 8.0 a single server does not wait for its journal when it is asked for
 * one. https://jira.mongodb.org/browse/SERVER-139311
 */
export function durableWrites(hello: mongo.Document): DurableWrites {
  const single = hello['setName'] === undefined && hello['msg'] !== 'isdbgrid';
  return { w: single ? 1 : 'majority', journal: true };
}
