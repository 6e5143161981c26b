import type { Clock } from '../../../src/shared/tools.js';

const WINDOW_MS = 100;
/** From this many deliveries in two windows on, answering GitHub in time comes before handling stored deliveries. */
const BUSY = 12;
/** At 300 deliveries a second, the pause before each delivery that is handled is about 20 ms. */
const DELIVERIES_PER_PAUSE_MS = 2;
/** However many arrive, deliveries are still handled: the backlog always shrinks. */
const LONGEST_PAUSE_MS = 400;

/** Counts how many deliveries arrived in the last 100 to 200 ms, and slows down the inbox worker when there are many. */
export function createBackpressure(clock: Clock) {
  let window = 0;
  let count = 0;
  let previous = 0;

  function advance(): void {
    const now = Math.floor(clock.now().getTime() / WINDOW_MS);
    if (now === window) return;
    previous = now === window + 1 ? count : 0;
    count = 0;
    window = now;
  }

  function recent(): number {
    advance();
    return count + previous;
  }

  return {
    add(deliveries: number): void {
      advance();
      count += deliveries;
    },
    busy: () => recent() >= BUSY,
    /** How long the worker leaves the processor to the intake before the next delivery: longer, the more arrive. */
    pauseMs(): number {
      const arrived = recent();
      return arrived < BUSY ? 0 : Math.min(LONGEST_PAUSE_MS, arrived / DELIVERIES_PER_PAUSE_MS);
    },
  };
}

export type Backpressure = ReturnType<typeof createBackpressure>;
