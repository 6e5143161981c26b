import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import type { Projection } from '../../src/environments/model.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import type { Sent } from '../webhooks/inbox/committer.js';
import { backoffMs } from '../workers/lease-worker.js';
import type { Work } from './work.js';

/** What the worker process is started with. It comes over the channel between both, so no secret is in a command line or a variable. */
export interface WorkOrder {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly mongodbUri: string;
  readonly publicUrl: string;
  readonly previewBase: PreviewBase;
  readonly leaseMs: number | undefined;
  readonly firstSweepMs: number | undefined;
}

export type ToWorker =
  | { readonly kind: 'start'; readonly order: WorkOrder }
  | { readonly kind: 'due'; readonly projection: Projection; readonly environmentId: string }
  | { readonly kind: 'arriving'; readonly sent: Sent }
  | { readonly kind: 'drain'; readonly id: number }
  | { readonly kind: 'stop'; readonly withinMs: number };

/** What a changed environment means for the cached previews. */
export type Changed = Pick<StoredEnvironment, 'slug' | 'head' | 'current'>;

export type FromWorker =
  | { readonly kind: 'started' }
  | { readonly kind: 'changed'; readonly environment: Changed }
  | { readonly kind: 'drained'; readonly id: number }
  | { readonly kind: 'broken'; readonly message: string };

interface WorkProcess {
  /** The path of `app/worker.js`. */
  readonly program: string;
  readonly order: WorkOrder;
  readonly onChanged: (environment: Changed) => void;
  readonly log: Log;
}

const RESTART = { firstMs: 500, capMs: 30_000 };

/** A worker process that ran for so long was well: when it ends, the next one starts soon. */
const WELL_MS = 60_000;

/**
 * Works in a process of its own, so that acting on webhooks never holds up the answers to new ones. When it ends by itself, another one is
 * started; what the first had claimed is claimed again when its lease has run out.
 */
export async function startWorkProcess(parts: WorkProcess): Promise<Work> {
  const draining = new Map<number, () => void>();
  let child: ChildProcess | undefined;
  let stopping = false;
  let failures = 0;
  let lastId = 0;

  function heard(message: FromWorker): void {
    if (message.kind === 'changed') parts.onChanged(message.environment);
    if (message.kind !== 'drained') return;
    draining.get(message.id)?.();
    draining.delete(message.id);
  }

  async function launch(): Promise<void> {
    const begun = performance.now();
    child = await forkWorker(parts, heard);
    for (const id of draining.keys()) send(child, { kind: 'drain', id });
    child.once('exit', (code, signal) => {
      if (stopping) return;
      failures = performance.now() - begun > WELL_MS ? 1 : failures + 1;
      relaunch(`it ended with ${signal ?? `code ${String(code)}`}`);
    });
  }

  function relaunch(why: string): void {
    child = undefined;
    const inMs = backoffMs(RESTART, failures, Math.random);
    parts.log('error', 'the worker process is started again', { why, inMs });
    setTimeout(() => {
      if (stopping) return;
      launch().catch(({ message }: Error) => {
        failures += 1;
        relaunch(message);
      });
    }, inMs).unref();
  }

  await launch();
  return {
    due: (projection, environmentId) => send(child, { kind: 'due', projection, environmentId }),
    arriving: (sent) => send(child, { kind: 'arriving', sent }),
    drain: () =>
      new Promise((resolve) => {
        lastId += 1;
        draining.set(lastId, resolve);
        send(child, { kind: 'drain', id: lastId });
      }),
    async stop(withinMs) {
      stopping = true;
      if (child) await stopWorker(child, withinMs);
    },
  };
}

/** Resolves when the worker process works; rejects with its reason when it cannot. */
async function forkWorker(
  { program, order, log }: WorkProcess,
  heard: (message: FromWorker) => void,
): Promise<ChildProcess> {
  const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  yieldToAnswers(child);
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'started') resolve();
      else if (message.kind === 'broken') reject(new Error(message.message));
      else heard(message);
    });
    child.once('exit', (code) =>
      reject(
        new Error(
          `The worker process could not be started: it ended with code ${String(code)} before it worked.`,
        ),
      ),
    );
    child.once('error', reject);
  });
  send(child, { kind: 'start', order });
  await ready;
  log('info', 'the worker process works', { pid: child.pid });
  return child;
}

/** A third of the share of the process that answers, and of others on the machine: enough for a report to come soon. */
const NICENESS = 5;

/** On a busy machine, the process that answers comes first. */
function yieldToAnswers({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, NICENESS);
  } catch {
    // Some containers do not allow it: both are equal then.
  }
}

/** A message to a process that has just ended is lost. The poll of the next one finds the work. */
function send(child: ChildProcess | undefined, message: ToWorker): void {
  if (child?.connected === true) child.send(message, () => undefined);
}

async function stopWorker(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  send(child, { kind: 'stop', withinMs });
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs + 1_000);
  await ended.finally(() => clearTimeout(timer));
}
