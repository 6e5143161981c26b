import type { Clock } from '../../../src/shared/tools.js';

const WINDOW_MS = 100;
/** Above this many deliveries in a window, answering GitHub in time comes before working on what was answered. */
const BUSY = 12;
/** Three hundred deliveries a second cost a pause of twenty milliseconds or so. */
const PER_BREATH_MS = 2;
/** Work goes on however hard they come: the backlog always moves. */
const LONGEST_BREATH_MS = 400;

/** How hard deliveries are coming in, seen over the last tenths of a second. */
export function createLoad(clock: Clock) {
  let window = 0;
  let count = 0;
  let before = 0;

  function move(): void {
    const now = Math.floor(clock.now().getTime() / WINDOW_MS);
    if (now === window) return;
    before = now === window + 1 ? count : 0;
    count = 0;
    window = now;
  }

  function recent(): number {
    move();
    return count + before;
  }

  return {
    add(deliveries: number): void {
      move();
      count += deliveries;
    },
    busy: () => recent() >= BUSY,
    /** How long to leave the processor to answers before the next piece of work: the longer, the harder it comes. */
    breathMs(): number {
      const seen = recent();
      return seen < BUSY ? 0 : Math.min(LONGEST_BREATH_MS, seen / PER_BREATH_MS);
    },
  };
}

export type Load = ReturnType<typeof createLoad>;
