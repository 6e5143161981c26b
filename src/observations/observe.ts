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
  type DecisionInputs,
  prefetchDecisionInputs,
  type Observation,
  type ObservationContext,
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
 * The one entry for everything that reports the state of a pull request: webhooks, the sweep, and a run that was faster than its
 * webhook. The result depends on the state only, so neither the order nor the number of observations matters.
 */
export async function observePullRequest(ports: Ports, first: Observation): Promise<DeliveryDecision> {
  const { repo, facts } = first;
  let observation = first;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [{ stored, inputs }, repository] = await Promise.all([
      prefetchDecisionInputs(ports, observation),
      ports.repos.save(repo),
      attempt === 0 ? saveAuthor(ports, facts) : undefined,
    ]);
    if (repository.removedAt !== null) return withIds(UNINSTALLED, stored);
    const ordered = await resolveEventOrder(ports, { observation, stored });
    if (!ordered) return withIds(LATE, stored);
    const prefetched = ordered === observation ? inputs : undefined;
    observation = ordered;
    const result = await decideEachProject(ports, {
      observation,
      stored,
      ...(await (prefetched ?? loadDecisionInputs(ports, { observation, stored }))),
    });
    if (result) return result;
  }
  throw new Error(`Pull request ${repo.fullName}#${facts.number} changes faster than it can be saved.`);
}

/** For display only: the decision does not read it. */
async function saveAuthor({ users }: Pick<Ports, 'users'>, { author }: PullRequestFacts): Promise<void> {
  const { id: githubId, login, avatarUrl = null } = author;
  await users.saveFromGitHub({ githubId, login, email: null, avatarUrl });
}

const UNINSTALLED: Outcome = {
  action: 'ignore',
  rule: 'not-installed',
  detail: 'The App was removed from this repository: this event came late.',
};

function withIds(outcome: Outcome, environments: readonly StoredEnvironment[]): DeliveryDecision {
  return { ...outcome, environmentIds: environments.map(({ id }) => id) };
}

/** Decides on every project once; null when another process changed an environment first, so that all must be decided anew. */
async function decideEachProject(
  ports: Ports,
  { observation, stored, policy, projects }: DecisionInputs & ObservationContext,
): Promise<DeliveryDecision | null> {
  const [{ wanted, dropped }, counts] = await Promise.all([
    ensureEnvironments(ports, { stored, observation, policy, projects }),
    countPreviews(ports, policy.fresh ? projects : []),
  ]);
  const { commitMessage } = policy;
  const facts = commitMessage === undefined ? observation.facts : { ...observation.facts, commitMessage };
  const environments = [...wanted, ...dropped];
  const outcomes: Outcome[] = [];
  for (const environment of environments) {
    const outcome = await decideAndSave(ports, {
      observation: { ...observation, facts },
      environment,
      policy,
      counts,
      dropped: dropped.includes(environment),
      wasStored: stored.includes(environment),
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

interface UnobservedPullRequest {
  readonly repo: ReachableRepository;
  readonly number: number;
  /** Whose action led to this pull request; absent = its author. */
  readonly sender?: Actor;
}

/** Observes a pull request whose webhook has not arrived yet, as GitHub's API shows it now. Null when GitHub does not know it. */
export async function noticePullRequest(
  ports: Ports,
  { repo, number, sender }: UnobservedPullRequest,
): Promise<PullRequestFacts | null> {
  const facts = await ports.github.pullRequest(refOf(repo), number);
  if (!facts) return null;
  const { id, login } = facts.author;
  await observePullRequest(ports, { action: NOTICED, repo, facts, sender: sender ?? { id, login } });
  return facts;
}

/** The observation to decide on, compared with what is stored; null when the event arrived late and adds nothing. */
async function resolveEventOrder(
  ports: Pick<Ports, 'github'>,
  { observation, stored }: ObservationContext,
): Promise<Observation | null> {
  const ages = stored.map((environment) => freshness(environment.pullRequest, observation.facts));
  if (ages.includes('older')) return salvageLateEvent({ observation, stored });
  return ages.includes('tie') ? askGitHub(ports, observation) : observation;
}

/** Only one event says who pushed a commit, and only one that it was approved. Both count, however late, while the commit is the newest. */
function salvageLateEvent({ observation, stored }: ObservationContext): Observation | null {
  const newest = stored.reduce((a, b) => (dateOf(b) > dateOf(a) ? b : a));
  const { pullRequest: facts, head } = newest;
  const { sha } = observation.facts.head;
  if (facts?.state !== 'open' || facts.head.sha !== sha) return null;
  const tellsPusher = tellsWhoPushed(observation) && head?.by?.login !== observation.sender.login;
  const approves = wantsToApprove(observation) && newest.approvedSha !== sha;
  return tellsPusher || approves ? { ...observation, facts } : null;
}

function dateOf({ pullRequest }: StoredEnvironment): number {
  return pullRequest?.updatedAt.getTime() ?? 0;
}

/** For two events of the same second, GitHub's API says which state is the newest. An answer older than the event does not count. */
async function askGitHub({ github }: Pick<Ports, 'github'>, observation: Observation): Promise<Observation> {
  const facts = await github
    .pullRequest(refOf(observation.repo), observation.facts.number)
    .catch((error: unknown) => {
      // The App lost its access: a closed pull request is still torn down.
      const refused = isGitHubFailure(error) && error.kind === 'unauthorized';
      if (refused && observation.facts.state === 'closed') return null;
      throw error;
    });
  if (!facts || facts.updatedAt < observation.facts.updatedAt) return observation;
  const sameCommit = facts.head.sha === observation.facts.head.sha;
  const sameState = sameCommit && facts.state === observation.facts.state;
  return { ...observation, action: sameState ? observation.action : NOTICED, facts };
}
