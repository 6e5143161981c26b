import type { Http } from './exchange.js';

/** Everything the Action asks of the machine it runs on; `main.ts` gives the real one. */
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
