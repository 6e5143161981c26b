import { parseDuration } from './duration.js';

export { parseDuration } from './duration.js';

/** An environment lives for `ttl` after the last thing that happened in it. */
export function expiresAt({ ttl, lastActivity }: { ttl: string; lastActivity: Date }): Date {
  return new Date(lastActivity.getTime() + parseDuration(ttl));
}

/** The date decides, not whether the housekeeping has been round. */
export function isExpired({ expiresAt: end, now }: { expiresAt: Date | null; now: Date }): boolean {
  return end !== null && end.getTime() <= now.getTime();
}
