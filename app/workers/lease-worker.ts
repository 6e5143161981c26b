import type { Log } from '../../src/shared/tools.js';
import { withTimeout } from '../http/with-timeout.js';

/** What is claimed later than this is claimed for nobody: its lease runs out. */
const CLAIM_MS = 10_000;

export interface LaneOptions<Item> {
  readonly name: string;
  readonly log: Log;
  /** Takes what may be worked on now, at most `room` items; an empty list when there is nothing. */
  readonly claim: (room: number) => Promise<readonly Item[]>;
  /** Never throws: what becomes of a failure is its own business. */
  readonly work: (item: Item) => Promise<void>;
  /** How much may be worked on at once, asked before each claim. */
  readonly room: () => number;
  /** How soon work is found that another process left or that has become due. */
  readonly pollMs: number;
}

interface LeaseWorker {
  start(): void;
  /** There may be work: look now instead of at the next poll. */
  poke(): void;
  /** Works until nothing can be claimed now; answers how much it did since it was asked. */
  drain(): Promise<number>;
  /** Claims nothing more and waits for what is running, for so long at most. */
  stop(withinMs: number): Promise<void>;
}

/** Claims and works, a few at a time, until it is stopped. */
export function createLane<Item>(options: LaneOptions<Item>): LeaseWorker {
  const { work, room, pollMs } = options;
  const claimed = carefully(options);
  const signal = createSignal();
  const running = new Set<Promise<void>>();
  let stopped = false;
  let givenUp = false;
  let done = 0;
  let loop: Promise<void> | undefined;
  let lastTurn: Promise<number> = Promise.resolve(0);

  /** One claim at a time, so that nobody takes the lane for empty while another claim is on its way. */
  function turn(): Promise<number> {
    lastTurn = lastTurn.then(takeWork);
    return lastTurn;
  }

  async function takeWork(): Promise<number> {
    const free = room() - running.size;
    if (stopped || free <= 0) return 0;
    const items = await claimed(free);
    // What work needs may be closed by now: its lease runs out, and somebody else has it.
    if (givenUp) return 0;
    for (const item of items) begin(item);
    return items.length;
  }

  function begin(item: Item): void {
    const task = work(item).finally(() => {
      running.delete(task);
      done += 1;
      signal.ring();
    });
    running.add(task);
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const started = await turn();
      if (started === 0 || running.size >= room()) await signal.wait(pollMs);
    }
  }

  /** A claim that is on its way when the lane is stopped still brings work. */
  async function idle(): Promise<void> {
    await Promise.all([loop, lastTurn]);
    await Promise.all(running);
  }

  return {
    start() {
      loop ??= run();
    },
    poke: signal.ring,
    async drain() {
      const before = done;
      do {
        await Promise.all(running);
      } while ((await turn()) > 0 || running.size > 0);
      return done - before;
    },
    async stop(withinMs) {
      stopped = true;
      signal.ring();
      const patience = createSignal();
      void idle().then(patience.ring, patience.ring);
      await patience.wait(withinMs);
      givenUp = true;
    },
  };
}

/** One line when the database goes and one when it is back, not one for every poll between. */
function carefully<Item>({ name, log, claim }: LaneOptions<Item>): LaneOptions<Item>['claim'] {
  let failing = false;
  return async (free) => {
    try {
      const items = await withTimeout(CLAIM_MS, claim(free));
      if (failing) log('info', `${name}: claiming works again`);
      failing = false;
      return items;
    } catch (error) {
      if (!failing) log('error', `${name}: cannot claim work`, { error });
      failing = true;
      return [];
    }
  };
}

/** A bell: whoever waits hears the next ring, and a ring that nobody waited for is heard by the next to wait. */
interface Signal {
  ring(): void;
  /** Until the next ring, or until the time is over. */
  wait(ms: number): Promise<void>;
}

function createSignal(): Signal {
  let rung = false;
  let hear: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      hear?.();
    },
    async wait(ms) {
      if (!rung)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          hear = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      hear = undefined;
      rung = false;
    },
  };
}

export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** Doubles with each try up to the cap; the upper half is left to chance, so that failures do not come back all at once. */
export function backoffMs({ firstMs, capMs }: Backoff, attempts: number, random: () => number): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(attempts, 30));
  return Math.round(full * (0.5 + random() / 2));
}
