import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/decide.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { type Observation, refOf } from './observation.js';
import { observePullRequest } from './observe.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  Pick<Tools, 'clock' | 'newId'> &
  AddressPorts;

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
