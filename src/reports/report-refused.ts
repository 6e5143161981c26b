import type { Refused } from '../environments/model.js';
import type { Claim } from '../environments/store.js';
import { GitHubFailure, isGitHubFailure } from '../repositories/github.js';

export interface Failure {
  readonly part: string;
  readonly error: unknown;
}

/** What GitHub refused for good when this very state was told before. */
export function refusedBefore({ environment, wanted }: Claim): ReadonlyMap<string, GitHubFailure> {
  const { refused } = environment.reported;
  if (!refused || refused.wanted !== wanted) return new Map();
  return new Map(refused.parts.map(({ part, message }) => [part, new GitHubFailure('poison', message)]));
}

/**
 * Kept while something else has to be tried again soon, so that what GitHub will not have is not offered with every try. When nothing
 * else is left, it is forgotten: the next try is a day away, and somebody may have changed the rules.
 */
export function refusedNow({ wanted }: Claim, failures: readonly Failure[]): Refused | null {
  const refused = failures.filter(({ error }) => isPoison(error));
  if (refused.length === 0 || refused.length === failures.length) return null;
  return { wanted, parts: refused.map(({ part, error }) => ({ part, message: messageOf(error) })) };
}

/** One error that stands for all: who decides when to try again looks at each. */
export function asOneError(failures: readonly Failure[]): unknown {
  const errors = failures.map(({ error }) => error);
  if (errors.length === 1) return errors[0];
  return new AggregateError(errors, [...new Set(errors.map(messageOf))].join('; '));
}

function isPoison(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'poison';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
