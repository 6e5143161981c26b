/**
 * How much one installation may send, as plain values: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * GitHub allows 80 content-creating requests a minute, 500 an hour, and 900 points a minute (a read is 1, a write 5).
 */
export const LIMITS = {
  /** At once; with the refill at most 78 in any minute: two below GitHub's limit, for answers that travel at different speeds. */
  burst: 20,
  creationsPerMs: 58 / 60_000,
  creationsPerHour: 490,
  pointsBurst: 280,
  pointsPerMs: 600 / 60_000,
  inFlight: 16,
} as const;

const HOUR = 3_600_000;

/** `visible`: what a reviewer waits for. `background` leaves most of the burst to it, so that ten pull requests at once show at once. */
export type Lane = 'visible' | 'background';

export const RESERVED: Readonly<Record<Lane, number>> = { visible: 0, background: 16 };

export interface Cost {
  readonly points: number;
  readonly creates: 0 | 1;
  readonly lane: Lane;
}

export interface Budget {
  readonly at: number;
  readonly creations: number;
  readonly points: number;
  /** When content was created in the last hour, oldest first. */
  readonly created: readonly number[];
  readonly inFlight: number;
  readonly pausedUntil: number;
  /** Refusals in a row that named no time. */
  readonly refusals: number;
}

export type Hurdle = 'pause' | 'flight' | 'points' | 'creations';

/** What stands in the way, and for how long at least. Null: go. An answer on the way back has no known end: waitMs is 0 then. */
export interface Wait {
  readonly hurdle: Hurdle;
  readonly waitMs: number;
}

export function fullBudget(now: number): Budget {
  const { burst: creations, pointsBurst: points } = LIMITS;
  return { at: now, creations, points, created: [], inFlight: 0, pausedUntil: 0, refusals: 0 };
}

/** The budget as time goes by. A clock that steps back gives nothing and takes nothing. */
export function refill(budget: Budget, now: number): Budget {
  const gone = Math.max(0, now - budget.at);
  return {
    ...budget,
    at: now,
    creations: Math.min(LIMITS.burst, budget.creations + gone * LIMITS.creationsPerMs),
    points: Math.min(LIMITS.pointsBurst, budget.points + gone * LIMITS.pointsPerMs),
    created: budget.created.filter((at) => at > now - HOUR),
  };
}

/** Expects a budget refilled at the same moment. */
export function waitFor(budget: Budget, cost: Cost): Wait | null {
  if (budget.pausedUntil > budget.at) return { hurdle: 'pause', waitMs: budget.pausedUntil - budget.at };
  if (budget.inFlight >= LIMITS.inFlight) return { hurdle: 'flight', waitMs: 0 };
  if (budget.points < cost.points) {
    return { hurdle: 'points', waitMs: (cost.points - budget.points) / LIMITS.pointsPerMs };
  }
  const waitMs = cost.creates === 0 ? 0 : creationWait(budget, cost.lane);
  return waitMs > 0 ? { hurdle: 'creations', waitMs } : null;
}

function creationWait(budget: Budget, lane: Lane): number {
  const missing = RESERVED[lane] + 1 - budget.creations;
  const [oldest = 0] = budget.created.length >= LIMITS.creationsPerHour ? budget.created : [];
  return Math.max(0, missing / LIMITS.creationsPerMs, oldest === 0 ? 0 : oldest + HOUR - budget.at);
}

export function spend(budget: Budget, cost: Cost): Budget {
  return {
    ...budget,
    creations: budget.creations - cost.creates,
    points: budget.points - cost.points,
    created: cost.creates === 0 ? budget.created : [...budget.created, budget.at],
    inFlight: budget.inFlight + 1,
  };
}

/** The answer is there. */
export function land(budget: Budget): Budget {
  return { ...budget, inFlight: Math.max(0, budget.inFlight - 1) };
}
