import { messageOf } from '../src/shared/errors.js';
import { composePorts } from './compose/ports.js';
import type { FromWorker, ToWorker, WorkOrder } from './compose/work-process.js';
import { warmUp } from './compose/warm-up.js';
import { startWork, type Work } from './compose/work.js';
import { logOf } from './config/log.js';
import { projectVersion } from './config/project-root.js';
import { connectStore } from './store/connect.js';

/** For work that was begun when the server is gone. */
const STOP_MS = 4_000;

interface Working extends Work {
  close(withinMs: number): Promise<void>;
}

/** The whole background work of a server, in a process of its own: `app/compose/work-process.ts` starts it. */
async function startWorker(order: WorkOrder): Promise<Working> {
  const { config, secrets, mongodbUri, publicUrl, previewBase, leaseMs, firstSweepMs } = order;
  const clock = { now: () => new Date() };
  const log = logOf(secrets, { level: config.logLevel, clock, write: print });
  const store = await connectStore({ uri: mongodbUri, log });
  const overrides = {
    ...(leaseMs === undefined ? {} : { leaseMs }),
    ...(firstSweepMs === undefined ? {} : { firstSweepMs }),
  };
  let due: Work['due'] = () => undefined;
  const { ports, github } = composePorts({
    ...{ config, secrets, stores: store.stores, publicUrl, previewBase, clock, log, overrides },
    version: projectVersion(),
    wake: {
      due: (...what) => due(...what),
      // Who follows a log is connected to the server, which finds in the database what this process stored.
      logged: () => undefined,
      changed: ({ slug, head, current }) => answer({ kind: 'changed', environment: { slug, head, current } }),
    },
  });
  await warmUp(ports, github).catch((error: unknown) => log('warn', 'the worker starts cold', { error }));
  const work = await startWork({ config, secrets, ports, github, overrides });
  due = work.due;
  return { ...work, close: (withinMs) => work.stop(withinMs).finally(() => store.close()) };
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function answer(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function obey(working: Working, message: ToWorker): void {
  if (message.kind === 'due') working.due(message.projection, message.environmentId);
  if (message.kind === 'arriving') working.arriving(message.sent);
  if (message.kind === 'drain') void working.drain().then(() => answer({ kind: 'drained', id: message.id }));
  if (message.kind === 'stop') end(working, message.withinMs);
}

function end(working: Working, withinMs: number): void {
  working.close(withinMs).then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

function fail(error: unknown): void {
  print(`vitrine worker: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (!process.connected || !process.send) process.exit(1);
  process.send({ kind: 'broken', message: messageOf(error) } satisfies FromWorker, () => process.exit(1));
}

// Ctrl-C reaches every process of the terminal: the server stops this one when it has answered.
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
process.on('uncaughtException', fail).on('unhandledRejection', fail);
process.once('message', (first: ToWorker) => {
  if (first.kind !== 'start') return fail(new Error(`The first message is "${first.kind}".`));
  const starting = startWorker(first.order);
  starting.then((working) => {
    process.on('message', (message: ToWorker) => obey(working, message));
    answer({ kind: 'started' });
  }, fail);
  // The server is gone without a word: its leases run out, and another one goes on.
  process.once('disconnect', () => void starting.then((working) => end(working, STOP_MS)));
});
