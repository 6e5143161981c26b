import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../src/shared/tools.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
  readonly log: Log;
}

/** Runs a job periodically, never twice at once. The first run comes after one period, so that restarts do not add runs. */
export function every({ name, everyMs, run, log }: Job) {
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
  const timer = setInterval(() => void runOnce(), everyMs);

  return {
    runOnce,
    /** Starts no more runs and waits for a run in progress, at most this long. */
    async stop(withinMs: number): Promise<void> {
      clearInterval(timer);
      if (current) await Promise.race([current, pause(withinMs, undefined, { ref: false })]);
    },
  };
}
