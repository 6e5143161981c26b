import type { NewDelivery } from '../../../src/deliveries/store.js';
import { VitrineError } from '../../../src/shared/errors.js';

export interface Waiting {
  readonly delivery: NewDelivery;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface RoomLimits {
  /** GitHub gives up after 10 s; a failure must be told well before, or the event is lost without a trace. */
  readonly deadlineMs: number;
  readonly batch: number;
  readonly batchBytes: number;
  readonly waitingBytes: number;
}

/** Deliveries that wait for a write: so many bytes at most, none of them for longer than its deadline. */
export function createWaitingRoom(limits: RoomLimits) {
  const waiting = new Set<Waiting>();
  let bytes = 0;

  function leave(entry: Waiting): void {
    if (waiting.delete(entry)) bytes -= entry.delivery.body.length;
  }

  function giveUp(entry: Waiting): void {
    leave(entry);
    entry.reject(unavailable('The database did not take the delivery in time. Deliver it again.'));
  }

  return {
    size: () => waiting.size,

    /** Ends when the delivery is stored, which whoever takes it says. */
    enter(delivery: NewDelivery): Promise<void> {
      if (bytes + delivery.body.length > limits.waitingBytes)
        return Promise.reject(
          unavailable('Too many deliveries are waiting for the database. Deliver it again.'),
        );
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => giveUp(entry), limits.deadlineMs);
        const entry: Waiting = { delivery, timer, resolve, reject };
        waiting.add(entry);
        bytes += delivery.body.length;
      });
    },

    /** As many as fit into one write, in the order in which they came. */
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
