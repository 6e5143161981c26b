import type { StoredEnvironment } from '../environments/store.js';
import { NOTICED } from '../pull-requests/decide/decide.js';
import { wantsToApprove } from '../pull-requests/trust.js';
import { type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { Question } from './inputs.js';
import { type Observation, refOf, tellsWhoPushed } from './observation.js';
import { freshness } from './pull-request-freshness.js';

type Ports = GitHubPorts;

/** What is to be believed of an observation, next to what is known; null when it came late and tells nothing new. */
export async function sortOut(
  ports: Pick<Ports, 'github'>,
  { seen, known }: Question,
): Promise<Observation | null> {
  const all = known.map((environment) => freshness(environment.pullRequest, seen.facts));
  if (all.includes('older')) return lateNews({ seen, known });
  return all.includes('tie') ? askGitHub(ports, seen) : seen;
}

/** Who pushed a commit, and that somebody approved it, is told by one event only. It counts however late, while that commit is the newest. */
function lateNews({ seen, known }: Question): Observation | null {
  const newest = known.reduce((a, b) => (dateOf(b) > dateOf(a) ? b : a));
  const { pullRequest: facts, head } = newest;
  const { sha } = seen.facts.head;
  if (facts?.state !== 'open' || facts.head.sha !== sha) return null;
  const tellsPusher = tellsWhoPushed(seen) && head?.by?.login !== seen.sender.login;
  const approves = wantsToApprove(seen) && newest.approvedSha !== sha;
  return tellsPusher || approves ? { ...seen, facts } : null;
}

function dateOf({ pullRequest }: StoredEnvironment): number {
  return pullRequest?.updatedAt.getTime() ?? 0;
}

/** Two events of one second: the pull request itself says which came last. An answer older than the event is not believed. */
async function askGitHub({ github }: Pick<Ports, 'github'>, seen: Observation): Promise<Observation> {
  const facts = await github.pullRequest(refOf(seen.repo), seen.facts.number).catch((error: unknown) => {
    // GitHub lets us see it no longer: what may have to go goes.
    const refused = isGitHubFailure(error) && error.kind === 'unauthorized';
    if (refused && seen.facts.state === 'closed') return null;
    throw error;
  });
  if (!facts || facts.updatedAt < seen.facts.updatedAt) return seen;
  const sameCommit = facts.head.sha === seen.facts.head.sha;
  const stands = sameCommit && facts.state === seen.facts.state;
  return { ...seen, action: stands ? seen.action : NOTICED, facts };
}
