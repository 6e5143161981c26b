import { createHash } from 'node:crypto';
import type { Recipient } from '../../../src/reports/reporter.js';
import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Caller } from '../client/call.js';

/**
 * The same caller, which refuses to write once the worker has lost its claim. The claim is checked right before the request leaves,
 * because the request may have waited long in the queue.
 */
export function fenced(caller: Caller, { mayWrite }: Recipient): Caller {
  if (!mayWrite) return caller;
  return {
    ...caller,
    async request(route, parameters) {
      if (!route.startsWith('GET ') && !(await mayWrite())) {
        throw new GitHubFailure(
          'ambiguous',
          'Another worker reports this environment by now: nothing was sent.',
        );
      }
      return caller.request(route, parameters);
    },
  };
}

/** Identifies what was sent, so that the same is not sent twice. */
export function digestOf(payload: unknown): string {
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 32);
}

/** A single 404 is not believed: what GitHub still lists is there, and creating it again would make a second one. */
export function contradiction(what: string): GitHubFailure {
  return new GitHubFailure(
    'ambiguous',
    `GitHub lists ${what} and does not find it when it is changed: it is tried again later.`,
  );
}
