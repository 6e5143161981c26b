import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';

export interface Rate {
  readonly times: number;
  readonly perMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Enough for the addresses of all runners. The oldest keys are dropped first, which bounds the memory. */
const MAX_KEYS = 10_000;

/** A token bucket for each key. It is in memory, so each process counts separately. */
export function createRateLimit(rate: Rate, clock: Clock) {
  const buckets = new Map<string, Bucket>();
  return (key: string, what: string): void => {
    const now = clock.now().getTime();
    const bucket = buckets.get(key) ?? { tokens: rate.times, at: now };
    const refilled = Math.min(
      rate.times,
      bucket.tokens + (Math.max(0, now - bucket.at) * rate.times) / rate.perMs,
    );
    buckets.delete(key);
    buckets.set(key, { tokens: refilled >= 1 ? refilled - 1 : refilled, at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_KEYS && oldest !== undefined) buckets.delete(oldest);
    if (refilled < 1) throw new VitrineError('too_many_requests', `${what} Try again in a few minutes.`);
  };
}

export type RateLimit = ReturnType<typeof createRateLimit>;
