import { ENVIRONMENT } from '../shared/status/environment.js';
import { parseDuration } from '../shared/time.js';
import type { Environment } from './model.js';

/** An environment lives for `ttl` after the last thing that happened in it. */
export function expiresAt({ ttl, lastActivity }: { ttl: string; lastActivity: Date }): Date {
  return new Date(lastActivity.getTime() + parseDuration(ttl));
}

type Living = Pick<Environment, 'status' | 'expiresAt' | 'settings'>;

/** A new attempt counts from its beginning, so that nothing expires between a push and its run. What never went live has no date to move. */
export function renewedExpiry(
  { expiresAt: before, settings }: Omit<Living, 'status'>,
  now: Date,
): Date | null {
  return before && settings ? expiresAt({ ttl: settings.limits.ttl, lastActivity: now }) : before;
}

/** The date decides, not whether the housekeeping has been round; a build under way is waited for. */
export function isExpired({ status, expiresAt: end }: Omit<Living, 'settings'>, now: Date): boolean {
  return end !== null && end.getTime() <= now.getTime() && ENVIRONMENT[status].settled;
}
