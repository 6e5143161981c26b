import { ENVIRONMENT } from '../shared/status/environment.js';
import { parseDuration } from '../shared/time.js';
import { type Environment, isPinned } from './model.js';

/** An environment lives for `ttl` after the last thing that happened in it. */
export function expiresAt({ ttl, lastActivity }: { ttl: string; lastActivity: Date }): Date {
  return new Date(lastActivity.getTime() + parseDuration(ttl));
}

type ExpiryFields = Pick<Environment, 'status' | 'expiresAt' | 'settings'>;

/** A new attempt renews the expiry, so that no environment expires between a push and its run. Without an expiry there is none to renew. */
export function renewedExpiry(
  { expiresAt: before, settings }: Omit<ExpiryFields, 'status'>,
  now: Date,
): Date | null {
  return before && settings ? expiresAt({ ttl: settings.limits.ttl, lastActivity: now }) : before;
}

/** Expired by date, even before the sweep removes it. An environment that is building does not expire, nor one that is pinned. */
export function isExpired(
  environment: Omit<ExpiryFields, 'settings'> & Partial<Pick<Environment, 'pinned' | 'pullRequest'>>,
  now: Date,
): boolean {
  const { status, expiresAt: end } = environment;
  if (isPinned(environment)) return false;
  return end !== null && end.getTime() <= now.getTime() && ENVIRONMENT[status].settled;
}

/** What does not end by itself. */
export const NO_END = { expiresAt: null, pinned: false } as const;

/** When a live preview ends by itself, as people are told: not while it is pinned. */
export function endOf(
  environment: Pick<Environment, 'expiresAt' | 'pinned' | 'pullRequest'>,
): Pick<Environment, 'expiresAt'> & { readonly pinned: boolean } {
  return isPinned(environment)
    ? { ...NO_END, pinned: true }
    : { expiresAt: environment.expiresAt, pinned: false };
}
