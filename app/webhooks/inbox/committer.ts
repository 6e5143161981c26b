import type { NewDelivery } from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { withTimeout } from '../../http/with-timeout.js';

const MIB = 1024 * 1024;

export const COMMITTER_LIMITS: RoomLimits = {
  deadlineMs: 4_500,
  batch: 1_000,
  batchBytes: 8 * MIB,
  waitingBytes: 64 * MIB,
};

export interface CommitterOptions {
  readonly store: (deliveries: readonly NewDelivery[]) => Promise<void>;
  /**
   * Called with each write as soon as it is sent. The database shows the deliveries before they are in its journal, so they can be worked on
   * meanwhile. If a crash loses one that was not acknowledged, GitHub shows it as failed, and the sweep finds what it told.
   */
  readonly onSent: (sent: Sent) => void;
  readonly limits?: RoomLimits;
}

export interface Sent {
  readonly deliveries: number;
  /** Those that were not decided on arrival. */
  readonly undecided: number;
}

/** A write need not wait for the answer to the previous write, only for the answer to the one before that. */
const WRITES_AT_ONCE = 2;

/** How quickly the estimate of how many deliveries arrive together falls. */
const DECAY = 0.9;

/**
 * Deliveries that arrive during a write are stored together by the next write, so the database flushes its journal once for all of
 * them. A single delivery is written at once. Of many, one half waits for the flush while the server receives the other half, so that
 * the processor and the journal work at the same time.
 */
export function createCommitter({ store, onSent, limits = COMMITTER_LIMITS }: CommitterOptions) {
  const room = createWaitingRoom(limits);
  const idleListeners: (() => void)[] = [];
  let planned: NodeJS.Immediate | undefined;
  let writes = 0;
  let onTheWay = 0;
  let crowd = 1;

  function commit(delivery: NewDelivery): Promise<void> {
    const stored = room.enter(delivery);
    // What arrives in the same turn of the event loop is one write already.
    planned ??= setImmediate(() => {
      planned = undefined;
      writeSome();
    });
    return stored;
  }

  function writeSome(): void {
    crowd = Math.max(room.size() + onTheWay, crowd * DECAY);
    while (mayWrite()) void write(room.take());
    if (writes === 0 && !planned) for (const tell of idleListeners.splice(0)) tell();
  }

  function mayWrite(): boolean {
    if (room.size() === 0 || writes >= WRITES_AT_ONCE) return false;
    return writes === 0 || room.size() >= crowd / 2;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    writes += 1;
    onTheWay += batch.length;
    try {
      const storing = store(batch.map(({ delivery }) => delivery));
      // In the next turn the write has left this process.
      setImmediate(onSent, countOf(batch));
      await withTimeout(limits.deadlineMs, storing);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      for (const { timer } of batch) clearTimeout(timer);
      writes -= 1;
      onTheWay -= batch.length;
      writeSome();
    }
  }

  /** Resolves when no delivery is on its way to the database. */
  function idle(): Promise<void> {
    if (writes === 0 && !planned) return Promise.resolve();
    return new Promise((resolve) => idleListeners.push(resolve));
  }

  return { commit, idle };
}

function countOf(batch: readonly Waiting[]): Sent {
  const undecided = batch.filter(({ delivery }) => delivery.decision === undefined).length;
  return { deliveries: batch.length, undecided };
}

export type Committer = ReturnType<typeof createCommitter>;

interface Waiting {
  readonly delivery: NewDelivery;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface RoomLimits {
  /** GitHub gives up after 10 s. A failure must be answered well before, so that GitHub shows the delivery as failed. */
  readonly deadlineMs: number;
  readonly batch: number;
  readonly batchBytes: number;
  readonly waitingBytes: number;
}

/** Deliveries that wait for a write: at most `waitingBytes` together, and each until its deadline. */
function createWaitingRoom(limits: RoomLimits) {
  const waiting = new Set<Waiting>();
  let bytes = 0;

  function leave(entry: Waiting): void {
    if (waiting.delete(entry)) bytes -= entry.delivery.body.length;
  }

  function giveUp(entry: Waiting): void {
    leave(entry);
    entry.reject(unavailable('The database did not store the delivery in time. Redeliver it.'));
  }

  return {
    size: () => waiting.size,

    /** Resolves when the delivery is stored: the write that takes it resolves or rejects it. */
    enter(delivery: NewDelivery): Promise<void> {
      if (bytes + delivery.body.length > limits.waitingBytes)
        return Promise.reject(unavailable('Too many deliveries are waiting for the database. Redeliver it.'));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => giveUp(entry), limits.deadlineMs);
        const entry: Waiting = { delivery, timer, resolve, reject };
        waiting.add(entry);
        bytes += delivery.body.length;
      });
    },

    /** As many as fit into one write, in the order of their arrival. */
    take(): Waiting[] {
      const batch: Waiting[] = [];
      let taken = 0;
      for (const entry of waiting) {
        taken += entry.delivery.body.length;
        if (batch.length > 0 && (batch.length >= limits.batch || taken > limits.batchBytes)) break;
        leave(entry);
        batch.push(entry);
      }
      return batch;
    },
  };
}

function unavailable(message: string): VitrineError {
  return new VitrineError('unavailable', message);
}
