import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../../src/shared/errors.js';
import type { Patience, ServerProcess } from './database.js';

interface KeepOptions {
  /** What it is called in log lines. */
  readonly name: string;
  /** Starts it at this port, or at one that is free when it is 0. */
  readonly start: (port: number) => Promise<ServerProcess>;
  /** Notes which process serves the data from now on. */
  readonly hold: (server: number) => Promise<void>;
  readonly log: (line: string) => void;
  readonly patience?: Patience | undefined;
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number;
}

interface Kept {
  readonly port: number;
  /** Resolves, with the reason, when it ended and does not start again any more. */
  readonly lost: Promise<VitrineError>;
  stop(): Promise<void>;
}

const PATIENCE: Patience = { firstPauseMs: 500, longestPauseMs: 15_000, giveUpMs: 90_000, steadyMs: 60_000 };

const clock = () => performance.now();

/** Starts a server and, should it die (memory runs out, say), starts it again at the address the App already uses. */
export async function keepRunning(options: KeepOptions): Promise<Kept> {
  const stopping = new AbortController();
  const first = await begin(options, 0);
  let current: ServerProcess | undefined = first;
  const watching = watch({
    ...options,
    first,
    signal: stopping.signal,
    serves: (server) => (current = server),
  });
  return {
    port: first.port,
    lost: new Promise((resolve) => void watching.then((reason) => reason && resolve(reason))),
    async stop() {
      stopping.abort();
      await current?.stop();
      await watching;
    },
  };
}

interface Watch extends KeepOptions {
  readonly first: ServerProcess;
  readonly signal: AbortSignal;
  /** Told whenever another process serves, or none. */
  readonly serves: (server: ServerProcess | undefined) => void;
}

/** Since when it has not been running well, and how often it was started since. */
interface Trouble {
  readonly since: number;
  starts: number;
  reason: string;
}

/** Ends with nothing when it was told to stop, and with an error when the server is lost. */
async function watch(options: Watch): Promise<VitrineError | undefined> {
  const { first, name, signal, log, serves, patience = PATIENCE, now = clock } = options;
  let trouble: Trouble | undefined;
  let server: ServerProcess | undefined = first;
  while (server) {
    const begun = now();
    const how: string = await server.ended;
    serves(undefined);
    if (signal.aborted) return undefined;
    log(`database: ${name} ended (${how}); starting it again`);
    if (now() - begun >= patience.steadyMs) trouble = undefined;
    trouble ??= { since: now(), starts: 0, reason: '' };
    trouble.reason = `it ended: ${how}`;
    const again = await startAgain(options, trouble);
    if (again instanceof VitrineError) return again;
    server = again;
    serves(server);
  }
  return undefined;
}

/** Tries with growing pauses and gives up after a while, so that the operator hears of it. Undefined when stopped meanwhile. */
async function startAgain(
  options: Watch,
  trouble: Trouble,
): Promise<ServerProcess | VitrineError | undefined> {
  const { first, name, signal, log, patience = PATIENCE, now = clock } = options;
  while (now() - trouble.since < patience.giveUpMs) {
    const waitMs = Math.min(patience.longestPauseMs, patience.firstPauseMs * 2 ** trouble.starts);
    // The database alone keeps no process alive.
    await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return undefined;
    trouble.starts += 1;
    const started = await begin(options, first.port).catch((error: Error) => error);
    if ('ended' in started) return signal.aborted ? started.stop().then(() => undefined) : started;
    trouble.reason = started.message;
    log(`database: ${name} did not start again: ${started.message}`);
  }
  return lost(name, trouble.reason);
}

async function begin({ start, hold }: KeepOptions, port: number): Promise<ServerProcess> {
  const server = await start(port);
  try {
    await hold(server.pid);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function lost(name: string, reason: string): VitrineError {
  return new VitrineError(
    'unavailable',
    `The database is lost: ${name} does not run any more (${reason}). Repair the cause and start again, or set MONGODB_URI to a running MongoDB.`,
  );
}
