/** GitHub's secondary limits: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
import type { Clock } from '../clock.js';
import type { ApiReply } from './reply.js';

export interface PaceLimits {
  readonly concurrent: number;
  readonly pointsPerMinute: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
}

export const GITHUB_PACE: PaceLimits = {
  concurrent: 100,
  pointsPerMinute: 900,
  contentPerMinute: 80,
  contentPerHour: 500,
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Spending {
  readonly at: number;
  readonly points: number;
  readonly content: number;
}

/** Undefined = go ahead. A refused request is not charged. */
export type Pace = (request: { method: string; path: string; inFlight: number }) => ApiReply | undefined;

export function createPace(limits: Partial<PaceLimits>, clock: Clock): Pace {
  const limit = { ...GITHUB_PACE, ...limits };
  let spent: Spending[] = [];
  return ({ method, path, inFlight }) => {
    const now = clock();
    spent = spent.filter((one) => one.at > now - HOUR);
    const next = { at: now, ...costOf(method, path) };
    const lastMinute = [...spent.filter((one) => one.at > now - MINUTE), next];
    if (inFlight > limit.concurrent) return refusal(1);
    if (sum(lastMinute, 'points') > limit.pointsPerMinute) return refusal(60);
    if (sum(lastMinute, 'content') > limit.contentPerMinute) return refusal(60);
    if (sum([...spent, next], 'content') > limit.contentPerHour) return refusal(600);
    spent.push(next);
    return undefined;
  };
}

function costOf(method: string, path: string): { points: number; content: number } {
  if (method === 'GET') return { points: 1, content: 0 };
  const makesContent = method === 'POST' && !path.endsWith('/access_tokens');
  return { points: 5, content: makesContent ? 1 : 0 };
}

function sum(spendings: readonly Spending[], what: 'points' | 'content'): number {
  return spendings.reduce((total, one) => total + one[what], 0);
}

export function refusal(retryAfter: number): ApiReply {
  return {
    status: 403,
    headers: { 'retry-after': String(retryAfter) },
    body: {
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      documentation_url: 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api',
    },
  };
}
