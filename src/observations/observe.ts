import type { DeliveryDecision } from '../deliveries/store.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import { wantsToApprove } from '../pull-requests/trust.js';
import { type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { ReachableRepository, RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { countPreviews, LATE, type Outcome, decideAndSave } from './decide-and-save.js';
import {
  freshness,
  loadDecisionInputs,
  type Inquiry,
  prefetchDecisionInputs,
  type Observation,
  type Question,
  refOf,
  tellsWhoPushed,
} from './inputs.js';
import { ensureEnvironments } from './wanted-environments.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

const TRIES = 10;

/**
 * A pull request was seen in some state. The one entry for webhooks, the sweep and a run that was faster than its webhook:
 * what is done depends on the state only, so the order and number of observations do not matter.
 */
export async function observePullRequest(ports: Ports, observation: Observation): Promise<DeliveryDecision> {
  const { id: githubId, login, avatarUrl = null } = observation.facts.author;
  const [decision] = await Promise.all([
    decideWithRetries(ports, observation),
    // Nobody waits for this: it is display, and what follows does not read it.
    ports.users.saveFromGitHub({ githubId, login, email: null, avatarUrl }),
  ]);
  return decision;
}

async function decideWithRetries(ports: Ports, observation: Observation): Promise<DeliveryDecision> {
  const { repo, facts } = observation;
  let seen = observation;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [{ known, inquiry }, stored] = await Promise.all([
      prefetchDecisionInputs(ports, seen),
      ports.repos.save(repo),
    ]);
    if (stored.removedAt !== null) return withIds(LOST, known);
    const believed = await resolveEventOrder(ports, { seen, known });
    if (!believed) return withIds(LATE, known);
    const asked = believed === seen ? inquiry : undefined;
    seen = believed;
    const result = await decideEachProject(ports, {
      seen,
      known,
      ...(await (asked ?? loadDecisionInputs(ports, { seen, known }))),
    });
    if (result) return result;
  }
  throw new Error(`Pull request ${repo.fullName}#${facts.number} changes faster than it can be written.`);
}

const LOST: Outcome = {
  action: 'ignore',
  rule: 'not-installed',
  detail: 'The App was removed from this repository: this event came late.',
};

function withIds(outcome: Outcome, environments: readonly StoredEnvironment[]): DeliveryDecision {
  return { ...outcome, environmentIds: environments.map(({ id }) => id) };
}

/** One round over all projects; null when somebody was first and everything must be looked at again. */
async function decideEachProject(
  ports: Ports,
  { seen, known, policy, projects }: Inquiry & Question,
): Promise<DeliveryDecision | null> {
  const [{ wanted, dropped }, counts] = await Promise.all([
    ensureEnvironments(ports, { known, seen, policy, projects }),
    countPreviews(ports, policy.fresh ? projects : []),
  ]);
  const { commitMessage } = policy;
  const facts = commitMessage === undefined ? seen.facts : { ...seen.facts, commitMessage };
  const environments = [...wanted, ...dropped];
  const outcomes: Outcome[] = [];
  for (const environment of environments) {
    const outcome = await decideAndSave(ports, {
      seen: { ...seen, facts },
      environment,
      policy,
      counts,
      dropped: dropped.includes(environment),
      known: known.includes(environment),
    });
    if (!outcome) return null;
    outcomes.push(outcome);
  }
  return withIds(outcomes[0] ?? NO_PROJECT, environments);
}

const NO_PROJECT: Outcome = {
  action: 'ignore',
  rule: 'no-project',
  detail: 'This repository has no project.',
};

interface Unheard {
  readonly repo: ReachableRepository;
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

/** What is to be believed of an observation, next to what is known; null when it came late and tells nothing new. */
async function resolveEventOrder(
  ports: Pick<Ports, 'github'>,
  { seen, known }: Question,
): Promise<Observation | null> {
  const all = known.map((environment) => freshness(environment.pullRequest, seen.facts));
  if (all.includes('older')) return salvageLateEvent({ seen, known });
  return all.includes('tie') ? askGitHub(ports, seen) : seen;
}

/** Who pushed a commit, and that somebody approved it, is told by one event only. It counts however late, while that commit is the newest. */
function salvageLateEvent({ seen, known }: Question): Observation | null {
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
