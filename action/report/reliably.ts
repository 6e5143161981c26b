import { retrying } from '../http/retry.js';
import type { World } from '../http/world.js';
import { toFailure } from './to-failure.js';

const BUDGET_MS = 120_000;

/** Retries a step of reporting. Each step looks before it creates, so that a second try makes no second comment. */
export function reliably<T>(
  world: World,
  { what, step, signal }: { what: string; step: () => Promise<T>; signal: AbortSignal },
): Promise<T> {
  return retrying(world, {
    what,
    budgetMs: BUDGET_MS,
    signal,
    attempt: async () => {
      try {
        return await step();
      } catch (error) {
        throw toFailure(error, world.now());
      }
    },
  });
}
