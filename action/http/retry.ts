import { VitrineError } from '../../src/shared/errors.js';
import { showDuration } from '../../src/shared/time.js';
import { Retriable } from './retriable.js';
import type { World } from './world.js';

export interface RetryPolicy {
  /** What is tried, as the start of a sentence. */
  readonly what: string;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly longestMs?: number;
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Tries until it works, the budget is spent or nobody wants it any more. Each attempt must be harmless when it is the second. */
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
    const pause =
      failure.waitMs ??
      Math.min(policy.longestMs ?? LONGEST_MS, FIRST_MS * 2 ** Math.min(count, 10)) * jitter(world);
    if (world.now().getTime() + pause > deadline) throw givenUp(policy, { last: failure, pause });
    world.print(`${policy.what}: ${failure.message} Next try in ${(pause / 1000).toFixed(1)} s.`);
    await world.sleep(pause, policy.signal);
  }
}

async function attemptOnce<T>(attempt: () => Promise<T>): Promise<{ value: T } | Retriable> {
  try {
    return { value: await attempt() };
  } catch (error) {
    if (error instanceof Retriable) return error;
    throw error;
  }
}

/** Half of it is chance, so that a hundred waiting runs do not come back in one moment. */
function jitter({ random }: Pick<World, 'random'>): number {
  return 0.5 + random() / 2;
}

interface Last {
  readonly last: Retriable;
  readonly pause: number;
}

function givenUp({ what, budgetMs }: RetryPolicy, { last, pause }: Last): VitrineError {
  const { code, message } = last;
  const asked = last.waitMs !== null && pause > budgetMs;
  const words = asked
    ? `${what} failed: ${message} It may be tried again in ${showDuration(pause)}, and this run waits for ${showDuration(budgetMs)} at most.`
    : `${what} failed for ${String(Math.round(budgetMs / 1000))} s: ${message}`;
  return new VitrineError(code, words, { cause: last });
}
