import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../src/shared/tools.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<unknown>;
  readonly log: Log;
}

/** Runs a job again and again, never twice at once. The first time comes after one period: a restart is no reason to hurry. */
export function every({ name, everyMs, run, log }: Job) {
  let current: Promise<void> | undefined;

  const runOnce = (): Promise<void> => {
    current ??= run()
      .then((result) => log('debug', `${name} done`, { result }))
      .catch((error: unknown) => log('warn', `${name} failed, it is tried again`, { inMs: everyMs, error }))
      .finally(() => (current = undefined));
    return current;
  };
  const timer = setInterval(() => void runOnce(), everyMs);

  return {
    runOnce,
    /** Waits for a run that has begun, for so long at most. */
    async stop(withinMs: number): Promise<void> {
      clearInterval(timer);
      if (current) await Promise.race([current, pause(withinMs, undefined, { ref: false })]);
    },
  };
}
