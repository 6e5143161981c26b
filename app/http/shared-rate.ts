import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';
import type { Rate } from './rate-limit.js';

/** What the headers of an answer say of a caller's limit. */
export interface RateState {
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** The counts of all processes together. */
interface Counts {
  add(window: string, added: { readonly count: number; readonly expiresAt: Date }): Promise<number>;
}

interface Options {
  /** Tells the windows of several limits apart. */
  readonly name: string;
  readonly rate: Rate;
  readonly clock: Clock;
  readonly store: Counts;
}

/** Counts one request. Over the limit, `allowed` is false. */
export type SharedRate = (key: string) => RateState & { readonly allowed: boolean };

interface Window {
  readonly start: number;
  /** Counted by all processes, as far as the store said. */
  shared: number;
  /** Counted here since. */
  local: number;
  telling: boolean;
}

/** The keys that are counted; the least recent are dropped first, which bounds the memory. */
const MAX_KEYS = 10_000;

/** A process tells the others of every twentieth of the limit, so each can let through that much more. A caller that asks seldom costs no write. */
const PARTS = 20;

/**
 * A limit in fixed windows that several processes share. No request waits for the database: counts are added to the store in the
 * background, and while the database is down each process counts alone.
 */
export function createSharedRate({ name, rate, clock, store }: Options): SharedRate {
  // Each counts as 1, because `max` would take the memory of all of them at once.
  const windows = new LRUCache<string, Window>({ maxSize: MAX_KEYS, sizeCalculation: () => 1 });
  const step = Math.max(1, Math.floor(rate.times / PARTS));

  function windowOf(key: string, now: number): Window {
    const start = now - (now % rate.perMs);
    const known = windows.get(key);
    if (known?.start === start) return known;
    const fresh = { start, shared: 0, local: 0, telling: false };
    windows.set(key, fresh);
    return fresh;
  }

  async function tell(key: string, window: Window): Promise<void> {
    const count = window.local;
    window.telling = true;
    window.shared += count;
    window.local = 0;
    // The key may be long, and may be the address of a person.
    const id = `${name} ${createHash('sha256').update(key).digest('base64url')} ${window.start}`;
    const expiresAt = new Date(window.start + 2 * rate.perMs);
    try {
      window.shared = Math.max(window.shared, await store.add(id, { count, expiresAt }));
    } catch {
      // The store logs its outage. These requests stay counted here.
    } finally {
      window.telling = false;
    }
  }

  return (key) => {
    const now = clock.now().getTime();
    const window = windowOf(key, now);
    const allowed = window.shared + window.local < rate.times;
    if (allowed) window.local += 1;
    if (window.local >= step && !window.telling) void tell(key, window);
    return {
      allowed,
      limit: rate.times,
      windowSeconds: Math.round(rate.perMs / 1_000),
      remaining: Math.max(0, rate.times - window.shared - window.local),
      resetSeconds: Math.max(1, Math.ceil((window.start + rate.perMs - now) / 1_000)),
    };
  };
}

/** As most clients read them: draft-ietf-httpapi-ratelimit-headers-06. */
export function rateHeaders({
  limit,
  windowSeconds,
  remaining,
  resetSeconds,
}: RateState): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
    'ratelimit-policy': `${limit};w=${windowSeconds}`,
  };
}

export function overLimit({ resetSeconds }: RateState, what: string): VitrineError {
  const message = `${what} Try again in ${resetSeconds} s.`;
  return new VitrineError('too_many_requests', message, { retryAfterSeconds: resetSeconds });
}
