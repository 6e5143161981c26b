/** GitHub's secondary limits: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const LIMITS = { concurrent: 100, pointsPerMinute: 900, contentPerMinute: 80 } as const;
const MINUTE_MS = 60_000;

interface Spent {
  readonly at: number;
  readonly points: number;
  readonly content: number;
}

export interface Limiter {
  /** Whether the call is let in; every admitted one must be let out. */
  admit(call: { readonly who: string; readonly method: string }): boolean;
  release(): void;
}

export function createLimiter(now: () => number): Limiter {
  const byWho = new Map<string, Spent[]>();
  let inFlight = 0;
  return {
    admit({ who, method }) {
      const at = now();
      const spent = (byWho.get(who) ?? []).filter((one) => one.at > at - MINUTE_MS);
      const next = { at, points: method === 'GET' ? 1 : 5, content: method === 'POST' ? 1 : 0 };
      const all = [...spent, next];
      const tooMuch =
        inFlight >= LIMITS.concurrent ||
        sum(all, 'points') > LIMITS.pointsPerMinute ||
        sum(all, 'content') > LIMITS.contentPerMinute;
      if (tooMuch) return false;
      byWho.set(who, all);
      inFlight += 1;
      return true;
    },
    release: () => void (inFlight -= 1),
  };
}

function sum(spent: readonly Spent[], what: 'points' | 'content'): number {
  return spent.reduce((total, one) => total + one[what], 0);
}
