import { isVitrineError, messageOf, VitrineError } from '../../src/shared/errors.js';
import { field, numberAt, textAt } from '../http/json.js';
import { Retriable, retryAfter } from '../http/retriable.js';
import { retrying } from '../http/retry.js';
import type { World } from '../http/world.js';
import { command } from '../runner/commands.js';

export interface OptionalPart {
  /** Runs a step that GitHub may refuse. Throws only a failure that can pass. */
  tryTo(step: () => Promise<void>): Promise<void>;
  /** The refusals, for the summary. */
  readonly notes: readonly string[];
}

/** A part of the report that can be missing: a refusal becomes a warning, and the part is not tried again. */
export function optionalPart(
  { print, now }: Pick<World, 'print' | 'now'>,
  { what, remedy }: { readonly what: string; readonly remedy: string },
): OptionalPart {
  const notes: string[] = [];
  return {
    notes,
    tryTo: async (step) => {
      if (notes.length > 0) return;
      try {
        await step();
      } catch (error) {
        const failure = toFailure(error, now());
        if (failure instanceof Retriable) throw error;
        const reason = messageOf(error);
        const note = `GitHub refused ${what} (${reason}). ${remedy}`;
        notes.push(note);
        print(command('warning', note, { title: 'A part of the report is missing' }));
      }
    },
  };
}

const BUDGET_MS = 120_000;

/** Retries a step of the report. Each step looks before it creates, so that a second try makes no second comment. */
export function withRetries<T>(
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

/** Every permission that a report without a server can need. */
const PERMISSIONS = 'permissions: { checks: write, deployments: write, pull-requests: write }';

/** Turns a failed call of GitHub's API into a failure that can pass, or into an error with the thing to change. */
function toFailure(error: unknown, now: Date): Retriable | VitrineError {
  if (isVitrineError(error)) return error;
  const status = numberAt(error, 'status');
  const message = textAt(error, 'message') ?? String(error);
  if (status === null || status >= 500)
    return new Retriable(`GitHub: ${message}.`, { waitMs: null, cause: error });
  const wait = retryAfter(field(error, 'response', 'headers', 'retry-after'), now);
  if (status === 429 || wait !== null || /rate limit/i.test(message)) {
    return new Retriable(`GitHub: ${message}.`, { waitMs: wait, cause: error });
  }
  if (status === 401 || status === 403 || status === 404) {
    const remedy = `Give the job "${PERMISSIONS}"; pull requests from forks get a read-only token.`;
    return new VitrineError('forbidden', `GitHub refused the report (${message}). ${remedy}`, {
      cause: error,
    });
  }
  return new VitrineError('bad_gateway', `GitHub refused the report: ${message}`, { cause: error });
}
