import { VitrineError } from '../../src/shared/errors.js';
import { showDuration } from '../../src/shared/time.js';
import { Retriable } from './retriable.js';
import type { World } from './world.js';

export interface RetryPolicy {
  /** The task, as the start of a sentence: `Uploading`. */
  readonly what: string;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly longestMs?: number;
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Repeats a task until it succeeds, the time is over or the signal is aborted. A second attempt must do no harm. */
export async function retrying<T>(
  world: Pick<World, 'now' | 'sleep' | 'random' | 'print'>,
  policy: RetryPolicy & { readonly attempt: () => Promise<T> },
): Promise<T> {
  const deadline = world.now().getTime() + policy.budgetMs;
  for (let count = 0; ; count += 1) {
    policy.signal.throwIfAborted();
    const failure = await attemptOnce(policy.attempt);
    if (!(failure instanceof Retriable)) return failure.value;
    policy.signal.throwIfAborted();
    const pause = pauseAfter(world, { policy, failure, count });
    if (world.now().getTime() + pause > deadline) throw finalError(policy, { last: failure, pause });
    world.print(`${policy.what}: ${failure.message} Next try in ${(pause / 1000).toFixed(1)} s.`);
    await world.sleep(pause, policy.signal);
  }
}

/**
 * The wait that the server asks for, if that is a wait: `Retry-After: 0`, a negative one or a date in the past would repeat the request
 * without a pause. Otherwise a growing pause.
 */
function pauseAfter(
  world: Pick<World, 'random'>,
  { policy, failure, count }: { policy: RetryPolicy; failure: Retriable; count: number },
): number {
  if (failure.waitMs !== null && failure.waitMs >= FIRST_MS) return failure.waitMs;
  return Math.min(policy.longestMs ?? LONGEST_MS, FIRST_MS * 2 ** Math.min(count, 10)) * jitter(world);
}

async function attemptOnce<T>(attempt: () => Promise<T>): Promise<{ value: T } | Retriable> {
  try {
    return { value: await attempt() };
  } catch (error) {
    if (error instanceof Retriable) return error;
    throw error;
  }
}

/** Random from 0.5 to 1, so that many waiting runs do not retry at the same moment. */
function jitter({ random }: Pick<World, 'random'>): number {
  return 0.5 + random() / 2;
}

interface LastAttempt {
  readonly last: Retriable;
  readonly pause: number;
}

function finalError({ what, budgetMs }: RetryPolicy, { last, pause }: LastAttempt): VitrineError {
  const { code, message } = last;
  const serverAsked = last.waitMs !== null && pause > budgetMs;
  const text = serverAsked
    ? `${what} failed: ${message} The next try is possible in ${showDuration(pause)}, but this run waits at most ${showDuration(budgetMs)}.`
    : `${what} failed for ${String(Math.round(budgetMs / 1000))} s: ${message}`;
  return new VitrineError(code, text, { cause: last });
}
