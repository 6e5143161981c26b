import { hashToken } from './api-token.js';
import type { Clock } from '../shared/tools.js';

/** Counts requests in windows of time, for all processes together. */
export interface RequestRateStore {
  /** Adds to the count of a window and answers the count of all processes. */
  add(window: string, added: { readonly count: number; readonly expiresAt: Date }): Promise<number>;
  deleteExpired(before: Date): Promise<number>;
}

export interface RequestRatePorts {
  readonly requestRates: RequestRateStore;
}

/**
 * Counts what a stranger tries. Answers how often it was tried in the running window of the key, in all processes. With -1 a try is taken
 * back.
 */
export function countTry(
  { requestRates, clock }: RequestRatePorts & { readonly clock: Clock },
  { key, perMs, by = 1 }: { readonly key: string; readonly perMs: number; readonly by?: 1 | -1 },
): Promise<number> {
  const window = Math.floor(clock.now().getTime() / perMs);
  const expiresAt = new Date((window + 1) * perMs);
  // Hashed, so that the counters are no list of addresses.
  return requestRates.add(`${hashToken(key)} ${perMs} ${window}`, { count: by, expiresAt });
}
