import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../src/shared/errors.js';
import type { JobRun } from '../../src/shared/instance.js';
import type { Log } from '../../src/shared/tools.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** When the first run begins; after one period unless given. */
  readonly firstMs?: number;
  readonly run: () => Promise<unknown>;
  readonly log: Log;
  /** Told of each run that ended; it must not fail. */
  readonly onRun?: ((run: JobRun) => void) | undefined;
}

/** Runs a job periodically, never twice at once. */
export function every({ name, everyMs, firstMs = everyMs, run, log, onRun = () => undefined }: Job) {
  let current: Promise<void> | undefined;

  const runOnce = (): Promise<void> => {
    const start = performance.now();
    const ended = (error: string | null) =>
      onRun({ name, everyMs, at: new Date(), ms: Math.round(performance.now() - start), error });
    current ??= run()
      .then((result) => {
        log('debug', `${name} done`, { result });
        ended(null);
      })
      .catch((error: unknown) => {
        log('warn', `${name} failed and will be tried again`, { inMs: everyMs, error });
        ended(messageOf(error));
      })
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
