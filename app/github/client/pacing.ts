import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Clock } from '../../../src/shared/tools.js';

/** The longest wait in memory. A call that must wait longer is refused, and the reconciler tries again under a new lease. */
const LONGEST_WAIT_MS = 5_000;

/** The pause when GitHub refuses a call and names no time. */
const UNTIMED_PAUSE_MS = 60_000;

const LONGEST_PAUSE_MS = 60 * 60_000;

/** Runs a call as soon as its installation may send it. Refusals by GitHub stop the whole installation until their end. */
export type Pace = <T>(installationId: number, turn: { cost: Cost; run: () => Promise<T> }) => Promise<T>;

interface Waiting {
  readonly cost: Cost;
  readonly admit: () => void;
  readonly refuse: (failure: GitHubFailure) => void;
}

interface Queue {
  readonly now: () => number;
  budget: Budget;
  waiting: Waiting[];
  timer: NodeJS.Timeout | undefined;
}

export function createPace(clock: Clock): Pace {
  const queues = new Map<number, Queue>();
  const now = () => clock.now().getTime();
  return async (installationId, { cost, run }) => {
    const queue = queues.get(installationId) ?? {
      now,
      budget: fullBudget(now()),
      waiting: [],
      timer: undefined,
    };
    queues.set(installationId, queue);
    await waitForTurn(queue, cost);
    try {
      const result = await run();
      queue.budget = { ...queue.budget, refusals: 0 };
      return result;
    } catch (error) {
      throw isLimit(error) ? pause(queue, error) : error;
    } finally {
      queue.budget = land(queue.budget);
      admitAll(queue);
    }
  };
}

function waitForTurn(queue: Queue, cost: Cost): Promise<void> {
  queue.budget = refill(queue.budget, queue.now());
  const waitMs = expectedWait(queue, cost);
  if (waitMs > LONGEST_WAIT_MS) return Promise.reject(tooLong(waitMs));
  return new Promise((admit, refuse) => {
    queue.waiting = visibleFirst([...queue.waiting, { cost, admit, refuse }]);
    admitAll(queue);
  });
}

function tooLong(waitMs: number): GitHubFailure {
  return new GitHubFailure(
    'retry',
    'GitHub allows no more for this installation just now: it is sent later.',
    {
      retryInMs: Math.ceil(waitMs),
    },
  );
}

/** The wait if every call in the queue goes first. */
function expectedWait({ budget, waiting }: Queue, cost: Cost): number {
  const ahead = waiting.filter((one) => cost.lane === 'background' || one.cost.lane === 'visible');
  const after = ahead.reduce((left, one) => spend(left, one.cost), budget);
  return waitFor({ ...after, inFlight: 0 }, cost)?.waitMs ?? 0;
}

function visibleFirst(waiting: readonly Waiting[]): Waiting[] {
  const inLane = (lane: Cost['lane']) => waiting.filter(({ cost }) => cost.lane === lane);
  return [...inLane('visible'), ...inLane('background')];
}

function admitAll(queue: Queue): void {
  clearTimeout(queue.timer);
  queue.budget = refill(queue.budget, queue.now());
  const waiting = queue.waiting;
  queue.waiting = [];
  const waits: number[] = [];
  let closed = false;
  for (const one of waiting) {
    const wait = waitFor(queue.budget, one.cost);
    if (wait?.hurdle === 'pause' && wait.waitMs > LONGEST_WAIT_MS) {
      one.refuse(tooLong(wait.waitMs));
      continue;
    }
    if (!wait && !closed) {
      queue.budget = spend(queue.budget, one.cost);
      one.admit();
      continue;
    }
    queue.waiting.push(one);
    if (wait && wait.waitMs > 0) waits.push(wait.waitMs);
    // An edit may pass a waiting creation; all other calls keep their order.
    closed ||= wait?.hurdle !== 'creations';
  }
  if (waits.length > 0) queue.timer = setTimeout(() => admitAll(queue), Math.ceil(Math.min(...waits)));
}

function isLimit(error: unknown): error is GitHubFailure {
  return error instanceof GitHubFailure && error.kind === 'retry';
}

/** Sends no request before the time GitHub names. Without one, waits a minute, doubled for each refusal in a row. */
function pause(queue: Queue, failure: GitHubFailure): GitHubFailure {
  const budget = refill(queue.budget, queue.now());
  const untimed = Math.min(LONGEST_PAUSE_MS, UNTIMED_PAUSE_MS * 2 ** budget.refusals);
  const pauseMs = failure.retryInMs ?? untimed;
  const refusals = failure.retryInMs === undefined ? budget.refusals + 1 : budget.refusals;
  queue.budget = { ...budget, refusals, pausedUntil: Math.max(budget.pausedUntil, budget.at + pauseMs) };
  return new GitHubFailure('retry', failure.message, { cause: failure.cause, retryInMs: pauseMs });
}

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

type Hurdle = 'pause' | 'flight' | 'points' | 'creations';

/** Why a call must wait, and for how long at least; null when it may go. `waitMs` is 0 while it waits for another call's answer. */
interface Wait {
  readonly hurdle: Hurdle;
  readonly waitMs: number;
}

export function fullBudget(now: number): Budget {
  const { burst: creations, pointsBurst: points } = LIMITS;
  return { at: now, creations, points, created: [], inFlight: 0, pausedUntil: 0, refusals: 0 };
}

/** Refills the budget for the time passed. A clock that steps back changes nothing. */
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

/** Records that one call has its answer. */
export function land(budget: Budget): Budget {
  return { ...budget, inFlight: Math.max(0, budget.inFlight - 1) };
}
