import type { Ports } from '../ports.js';
import { NOTICED } from '../pull-requests/decide/decide.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import { type Observation, refOf } from './observation.js';
import { observePullRequest } from './observe-pull-request.js';

export interface Unheard {
  readonly repo: Observation['repo'];
  readonly number: number;
  /** Who led us there; absent = its author. */
  readonly sender?: Actor;
}

/** Something speaks of a pull request whose webhook did not come yet: GitHub itself is asked. Null when it knows none. */
export async function noticePullRequest(
  ports: Ports,
  { repo, number, sender }: Unheard,
): Promise<PullRequestFacts | null> {
  const facts = await ports.github.pullRequest(refOf(repo), number);
  if (!facts) return null;
  const { id, login } = facts.author;
  await observePullRequest(ports, { action: NOTICED, repo, facts, sender: sender ?? { id, login } });
  return facts;
}
