import { createHash } from 'node:crypto';
import type { Recipient } from '../../../src/reports/reporter.js';
import { GitHubFailure } from '../../../src/repositories/github.js';
import type { Caller } from '../client/call.js';

/**
 * The same caller, which writes nothing any more for one who has lost the right to tell. Asked right before the request leaves: it may
 * have waited long for its turn.
 */
export function fenced(caller: Caller, { mayTell }: Recipient): Caller {
  if (!mayTell) return caller;
  return {
    ...caller,
    async request(route, parameters) {
      if (!route.startsWith('GET ') && !(await mayTell())) {
        throw new GitHubFailure('ambiguous', 'Somebody else tells GitHub of this by now: nothing was sent.');
      }
      return caller.request(route, parameters);
    },
  };
}

/** Names what was sent, so that the same is not sent twice. */
export function digestOf(payload: unknown): string {
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 32);
}
