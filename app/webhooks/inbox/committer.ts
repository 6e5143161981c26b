import type { NewDelivery } from '../../../src/deliveries/store.js';
import { within } from '../../http/with-timeout.js';
import { createWaitingRoom, type RoomLimits, type Waiting } from './waiting-room.js';

const MIB = 1024 * 1024;

export const COMMITTER_LIMITS: RoomLimits = {
  deadlineMs: 4_500,
  batch: 1_000,
  batchBytes: 8 * MIB,
  waitingBytes: 64 * MIB,
};

export interface CommitterOptions {
  readonly store: (deliveries: readonly NewDelivery[]) => Promise<void>;
  /** Called after each durable write with the number of deliveries in it. */
  readonly onStored: (count: number) => void;
  readonly limits?: RoomLimits;
}

/** A write need not wait for the answer to the one before it, only for the answer to the one before that. */
const WRITES_AT_ONCE = 2;
/** How quickly it is forgotten how many came at once. */
const FORGET = 0.9;

/**
 * Deliveries that arrive while a write is on its way ride together in the next one: the database flushes its journal once for
 * all of them. Alone, a delivery is written at once. Among many, half of them wait for the flush while the other half comes in: then the
 * processor and the journal work side by side.
 */
export function createCommitter({ store, onStored, limits = COMMITTER_LIMITS }: CommitterOptions) {
  const room = createWaitingRoom(limits);
  const idlers: (() => void)[] = [];
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
    crowd = Math.max(room.size() + onTheWay, crowd * FORGET);
    while (mayWrite()) void write(room.take());
    if (writes === 0 && !planned) for (const tell of idlers.splice(0)) tell();
  }

  function mayWrite(): boolean {
    if (room.size() === 0 || writes >= WRITES_AT_ONCE) return false;
    return writes === 0 || room.size() >= crowd / 2;
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    writes += 1;
    onTheWay += batch.length;
    try {
      await within(limits.deadlineMs, store(batch.map(({ delivery }) => delivery)));
      onStored(batch.length);
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

  /** Resolves when nothing is on its way to the database any more. */
  function idle(): Promise<void> {
    if (writes === 0 && !planned) return Promise.resolve();
    return new Promise((resolve) => idlers.push(resolve));
  }

  return { commit, idle };
}

export type Committer = ReturnType<typeof createCommitter>;
