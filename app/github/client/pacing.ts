import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Clock } from '../../../src/shared/tools.js';
import { fullBudget, land, refill, spend, waitFor, type Budget, type Cost } from './pacing-budget.js';

/** Longer than this nobody waits in memory: the reconciler gives its lease back and comes again. */
const LONGEST_WAIT_MS = 5_000;
/** Told to wait without being told how long. */
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
    await turn(queue, cost);
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

function turn(queue: Queue, cost: Cost): Promise<void> {
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

/** As if everybody who waits had gone first. */
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
    // An edit need not wait behind a creation; for everything else there is no overtaking.
    closed ||= wait?.hurdle !== 'creations';
  }
  if (waits.length > 0) queue.timer = setTimeout(() => admitAll(queue), Math.ceil(Math.min(...waits)));
}

function isLimit(error: unknown): error is GitHubFailure {
  return error instanceof GitHubFailure && error.kind === 'retry';
}

/** No request before the named moment; without one, a minute, and twice as long each time in a row. */
function pause(queue: Queue, failure: GitHubFailure): GitHubFailure {
  const budget = refill(queue.budget, queue.now());
  const untimed = Math.min(LONGEST_PAUSE_MS, UNTIMED_PAUSE_MS * 2 ** budget.refusals);
  const pauseMs = failure.retryInMs ?? untimed;
  const refusals = failure.retryInMs === undefined ? budget.refusals + 1 : budget.refusals;
  queue.budget = { ...budget, refusals, pausedUntil: Math.max(budget.pausedUntil, budget.at + pauseMs) };
  return new GitHubFailure('retry', failure.message, { cause: failure.cause, retryInMs: pauseMs });
}
