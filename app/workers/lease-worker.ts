import type { Log } from '../../src/shared/tools.js';
import { withTimeout } from '../http/with-timeout.js';
import { createNews, type News } from './news.js';

/** A claim that takes longer counts as failed. If it still claims something, nothing works on it and its lease runs out. */
const CLAIM_MS = 10_000;

export interface LeaseWorkerOptions<Item> {
  readonly name: string;
  readonly log: Log;
  /** Claims at most `room` items that are due now; an empty list when there are none. So many were heard of and not claimed yet. */
  readonly claim: (room: number, heardOf: number) => Promise<readonly Item[]>;
  /** Must not throw: it handles its own failures. */
  readonly work: (item: Item) => Promise<void>;
  /** Names an item, so that a poke about it during its work makes the worker look again afterwards. */
  readonly keyOf?: (item: Item) => string;
  /** How many items may be in work at once; read before each claim. */
  readonly room: () => number;
  /** How often to look for items that became due or that another process left behind. */
  readonly pollMs: number;
  /** For pokes that may be faster than what they tell of: the pauses before it is looked for again. */
  readonly againMs?: readonly number[];
}

interface LeaseWorker {
  start(): void;
  /** There may be work: look now instead of at the next poll. */
  poke(told?: News): void;
  /** As many items are in work as there is room for: more may be waiting. */
  isFull(): boolean;
  /** Works until nothing can be claimed; resolves to the number of items finished since the call. */
  drain(): Promise<number>;
  /** Claims nothing more and waits for the items in work, at most this long. */
  stop(withinMs: number): Promise<void>;
}

/** Claims items by lease and works on a few at a time, until it is stopped. */
export function createLeaseWorker<Item>(options: LeaseWorkerOptions<Item>): LeaseWorker {
  const { work, room } = options;
  const claimItems = claimLoggingOutages(options);
  const signal = createSignal();
  const news = createNews(options);
  const running = new Set<Promise<void>>();
  let stopped = false;
  let givenUp = false;
  let done = 0;
  let loop: Promise<void> | undefined;
  let lastClaim: Promise<number> = Promise.resolve(0);
  const isFull = () => running.size >= room();

  /** One claim at a time, so that `drain` does not end while another claim is still running. */
  const claimOnce = (): Promise<number> => (lastClaim = lastClaim.then(claimAndBegin));

  async function claimAndBegin(): Promise<number> {
    const free = room() - running.size;
    if (stopped || free <= 0) return 0;
    news.claiming();
    const items = await claimItems(free, news.missing());
    news.found(items.length);
    // After `stop` gave up waiting, the database may be closed. The lease runs out and another process claims the item.
    if (givenUp) return 0;
    for (const item of items) begin(item);
    return items.length;
  }

  function begin(item: Item): void {
    const hasChanged = news.begin(item);
    const task = work(item).finally(() => {
      const wasFull = isFull();
      running.delete(task);
      done += 1;
      if (hasChanged() || wasFull) poke();
      else if (news.missing() > 0) signal.ring();
    });
    running.add(task);
  }

  function poke(told: News = {}): void {
    news.hear(told);
    signal.ring();
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const found = await claimOnce();
      const pauseMs = news.pauseMs({ found, full: isFull() });
      if (pauseMs > 0) news.woke({ early: await signal.wait(pauseMs) });
    }
  }

  /** A claim that runs while the worker is stopped can still start work. */
  const idle = () => Promise.all([loop, lastClaim]).then(() => Promise.all(running));

  return {
    start() {
      loop ??= run();
    },
    poke,
    isFull,
    async drain() {
      const before = done;
      do {
        await Promise.all(running);
      } while ((await claimOnce()) > 0 || running.size > 0);
      return done - before;
    },
    async stop(withinMs) {
      stopped = true;
      signal.ring();
      const ended = createSignal();
      void idle().then(ended.ring, ended.ring);
      await ended.wait(withinMs);
      givenUp = true;
    },
  };
}

/** Logs one line when claiming begins to fail and one when it works again, not one for each poll. */
function claimLoggingOutages<Item>({
  name,
  log,
  claim,
}: LeaseWorkerOptions<Item>): LeaseWorkerOptions<Item>['claim'] {
  let failing = false;
  return async (...room) => {
    try {
      const items = await withTimeout(CLAIM_MS, claim(...room));
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

/** Wakes the one that waits. A ring without a waiter ends the next wait at once. */
interface Signal {
  ring(): void;
  /** Resolves at the next ring, or after `ms`; whether it rang. */
  wait(ms: number): Promise<boolean>;
}

function createSignal(): Signal {
  let pending = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      pending = true;
      wake?.();
    },
    async wait(ms) {
      if (!pending)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      wake = undefined;
      const rang = pending;
      pending = false;
      return rang;
    },
  };
}

export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** The longest pause while GitHub or the database does not answer: within a minute after the outage, everything is tried again. */
export const OUTAGE_CAP_MS = 45_000;

/** Doubles with each try up to the cap. The upper half is random, so that failed items are not all tried again at the same time. */
export function backoffMs({ firstMs, capMs }: Backoff, attempts: number, random: () => number): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(attempts, 30));
  return Math.round(full * (0.5 + random() / 2));
}
