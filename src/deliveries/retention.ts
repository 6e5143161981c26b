import type { Clock } from '../shared/tools.js';
import type { DeliveryPorts } from './store.js';

const DAY_MS = 24 * 60 * 60_000;

/** Small enough that no batch keeps the database busy. */
const BATCH = 500;

export interface Retention {
  /** How long payloads are kept. */
  readonly payloadDays: number;
  /** How long a delivery is kept with its decision. */
  readonly recordDays: number;
}

interface Forgotten {
  readonly payloads: number;
  readonly deliveries: number;
}

/** Drops old payloads, and later the whole delivery. A delivery that still waits to be handled is kept, however old it is. */
export async function forgetOldDeliveries(
  { inbox, clock }: DeliveryPorts & { readonly clock: Clock },
  { payloadDays, recordDays }: Retention,
): Promise<Forgotten> {
  const daysAgo = (days: number) => new Date(clock.now().getTime() - days * DAY_MS);
  return {
    deliveries: await inBatches((limit) => inbox.deleteEnded(daysAgo(recordDays), limit)),
    payloads: await inBatches((limit) => inbox.dropPayloads(daysAgo(payloadDays), limit)),
  };
}

async function inBatches(work: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const done = await work(BATCH);
    total += done;
    if (done < BATCH) return total;
  }
}
