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
