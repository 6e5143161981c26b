import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../src/shared/tools.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** When the first run begins; after one period unless given. */
  readonly firstMs?: number;
  readonly run: () => Promise<unknown>;
  readonly log: Log;
}

/** Runs a job periodically, never twice at once. */
export function every({ name, everyMs, firstMs = everyMs, run, log }: Job) {
  let current: Promise<void> | undefined;

  const runOnce = (): Promise<void> => {
    current ??= run()
      .then((result) => log('debug', `${name} done`, { result }))
      .catch((error: unknown) =>
        log('warn', `${name} failed and will be tried again`, { inMs: everyMs, error }),
      )
      .finally(() => (current = undefined));
    return current;
  };
  let timer = setTimeout(runAgainAndAgain, firstMs);

  function runAgainAndAgain(): void {
    timer = setTimeout(runAgainAndAgain, everyMs);
    void runOnce();
  }

  return {
    runOnce,
    /** Starts no more runs and waits for a run in progress, at most this long. */
    async stop(withinMs: number): Promise<void> {
      clearTimeout(timer);
      if (current) await Promise.race([current, pause(withinMs, undefined, { ref: false })]);
    },
  };
}

/** When a job begins that looks for what was missed while the server was away. Random, so that servers that start together take turns. */
export function soonAfterStart(): number {
  return randomInt(2_000, 32_000);
}
