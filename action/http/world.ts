import type { Http } from './exchange.js';

/** What the Action needs from the machine that it runs on. `main.ts` passes the real one. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly http: Http;
  readonly print: (line: string) => void;
  readonly now: () => Date;
  /** Rejects with the signal's reason when it is aborted first. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Between 0 and 1, for jitter. */
  readonly random: () => number;
  /** Aborted when the runner cancels the job. */
  readonly stopped: AbortSignal;
}

/** Waits; rejects with the signal's reason when the signal is aborted first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
