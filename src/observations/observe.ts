import type { DeliveryDecision } from '../deliveries/store.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { LATE, settleEnvironment, type Outcome } from './decide-and-save.js';
import { countPreviews } from './decide-for.js';
import type { Question } from './inputs.js';
import { inquire, lookUp, type Inquiry } from './inquire.js';
import type { Observation } from './observation.js';
import { sortOut } from './sort-out.js';
import { ensureEnvironments } from './wanted-environments.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  Pick<Tools, 'clock' | 'newId'> &
  AddressPorts;

const TRIES = 10;

/**
 * A pull request was seen in some state. The one entry for webhooks, the sweep and a run that was faster than its webhook:
 * what is done depends on the state only, so the order and number of observations do not matter.
 */
export async function observePullRequest(ports: Ports, observation: Observation): Promise<DeliveryDecision> {
  const { id: githubId, login, avatarUrl = null } = observation.facts.author;
  const [decision] = await Promise.all([
    settleAtLast(ports, observation),
    // Nobody waits for this: it is display, and what follows does not read it.
    ports.users.saveFromGitHub({ githubId, login, email: null, avatarUrl }),
  ]);
  return decision;
}

async function settleAtLast(ports: Ports, observation: Observation): Promise<DeliveryDecision> {
  const { repo, facts } = observation;
  let seen = observation;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [{ known, inquiry }, stored] = await Promise.all([lookUp(ports, seen), ports.repos.save(repo)]);
    if (stored.removedAt !== null) return withIds(LOST, known);
    const believed = await sortOut(ports, { seen, known });
    if (!believed) return withIds(LATE, known);
    const asked = believed === seen ? inquiry : undefined;
    seen = believed;
    const result = await settle(ports, {
      seen,
      known,
      ...(await (asked ?? inquire(ports, { seen, known }))),
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
async function settle(
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
    const outcome = await settleEnvironment(ports, {
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
