import { VitrineError } from '../../src/domain/errors.js';
import type { NewDelivery } from '../../src/ports.js';
import { within } from '../http/within.js';

const MIB = 1024 * 1024;

export interface CommitterLimits {
  /** GitHub gives up after 10 s; a failure must be told well before, or the event is lost without a trace. */
  readonly deadlineMs: number;
  readonly batch: number;
  readonly batchBytes: number;
  readonly waitingBytes: number;
}

export const COMMITTER_LIMITS: CommitterLimits = {
  deadlineMs: 4_500,
  batch: 1_000,
  batchBytes: 8 * MIB,
  waitingBytes: 64 * MIB,
};

export interface CommitterOptions {
  readonly store: (deliveries: readonly NewDelivery[]) => Promise<void>;
  /** Called after each durable write with the number of deliveries in it. */
  readonly onStored: (count: number) => void;
  readonly limits?: CommitterLimits;
}

interface Waiting {
  readonly delivery: NewDelivery;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Deliveries that arrive while a write is on its way ride together in the next one: the database flushes its journal once for
 * all of them. Alone, a delivery is written at once.
 */
export function createCommitter({ store, onStored, limits = COMMITTER_LIMITS }: CommitterOptions) {
  const waiting = new Set<Waiting>();
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;

  function commit(delivery: NewDelivery): Promise<void> {
    if (waitingBytes + delivery.body.length > limits.waitingBytes) return Promise.reject(tooBusy());
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        delivery,
        timer: setTimeout(() => giveUp(entry), limits.deadlineMs),
        resolve,
        reject,
      };
      waiting.add(entry);
      waitingBytes += delivery.body.length;
      writing ??= writeAll();
    });
  }

  async function writeAll(): Promise<void> {
    // What arrived in the same turn of the event loop is one write already.
    await new Promise(setImmediate);
    for (let batch = take(); batch.length > 0; batch = take()) await write(batch);
    writing = undefined;
  }

  function take(): Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const entry of waiting) {
      bytes += entry.delivery.body.length;
      if (batch.length > 0 && (batch.length >= limits.batch || bytes > limits.batchBytes)) break;
      leave(entry);
      batch.push(entry);
    }
    return batch;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      await within(limits.deadlineMs, store(batch.map(({ delivery }) => delivery)));
      onStored(batch.length);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      for (const { timer } of batch) clearTimeout(timer);
    }
  }

  function leave(entry: Waiting): void {
    if (waiting.delete(entry)) waitingBytes -= entry.delivery.body.length;
  }

  function giveUp(entry: Waiting): void {
    leave(entry);
    entry.reject(
      new VitrineError('unavailable', 'The database did not take the delivery in time. Deliver it again.'),
    );
  }

  /** Resolves when nothing is on its way to the database any more. */
  async function idle(): Promise<void> {
    while (writing) await writing;
  }

  return { commit, idle };
}

export type Committer = ReturnType<typeof createCommitter>;

function tooBusy(): VitrineError {
  return new VitrineError(
    'unavailable',
    'Too many deliveries are waiting for the database. Deliver it again.',
  );
}
