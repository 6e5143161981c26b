import { type Connection, type ConnectOptions, createConnection, mongo } from 'mongoose';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';

export interface StoreAddress {
  readonly uri: string;
  readonly log: Log;
  /** Called for every command sent; the query plan tests use it. */
  readonly onCommand?: (command: Readonly<Record<string, unknown>>) => void;
}

const DATABASE = 'vitrine';

/** MongoDB 6.0. https://github.com/mongodb/mongo/blob/master/src/mongo/db/wire_version.h */
const OLDEST_WIRE_VERSION = 17;

/**
 * Short timeouts: a proxy may answer "accepted" for a webhook that waits for a lost database, and GitHub would not send that webhook
 * again.
 */
const TIMEOUTS = {
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  socketTimeoutMS: 8_000,
  // While the database hangs, requests that wait for a connection fail early.
  waitQueueTimeoutMS: 3_000,
} as const;

const OPTIONS = {
  bufferCommands: false,
  autoIndex: false,
  autoCreate: false,
  sanitizeFilter: true,
  ignoreUndefined: true,
  ...TIMEOUTS,
  maxPoolSize: 20,
  // The driver disables this for standalone servers, which have no retryable writes.
  retryWrites: true,
} as const satisfies ConnectOptions;

/** Opens a separate connection; one process can hold several. */
export async function openConnection({ uri, log, onCommand }: StoreAddress): Promise<Connection> {
  const connection = createConnection();
  connection.on('error', (error: Error) =>
    log('error', 'The database reported an error', { reason: error.message }),
  );
  try {
    const hello = await readHello(uri);
    checkVersion(hello);
    const writeConcern = durableWrites(hello);
    await connection.openUri(uri, {
      ...OPTIONS,
      ...databaseOf(uri),
      writeConcern,
      // Set here too: otherwise `journal=false` in the address would win.
      journal: writeConcern.journal,
      // What was just written is read back: a secondary may not have it yet.
      readPreference: 'primary',
      monitorCommands: onCommand !== undefined,
    });
    const client = connection.getClient();
    if (onCommand) client.on('commandStarted', ({ command }) => onCommand(command));
  } catch (error) {
    await connection.destroy(true);
    throw unreachable(error);
  }
  let closing = false;
  connection.on('disconnecting', () => (closing = true));
  connection.on('disconnected', () => {
    // Mongoose emits this event for an intended close too.
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

/** Asks the server for its version and topology before the pool is opened. */
async function readHello(uri: string): Promise<mongo.Document> {
  const client = new mongo.MongoClient(uri, TIMEOUTS);
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
 * The write concern under which no acknowledged write is lost in a crash. A replica set: journaled by a majority. A single server:
 * `w: 1` with journal, because since 8.0 it does not wait for its journal with `majority`. https://jira.mongodb.org/browse/SERVER-139311
 */
export function durableWrites(hello: mongo.Document): DurableWrites {
  const single = hello['setName'] === undefined && hello['msg'] !== 'isdbgrid';
  return { w: single ? 1 : 'majority', journal: true };
}
