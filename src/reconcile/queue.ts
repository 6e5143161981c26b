import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { countAdmitted } from '../observations/limit.js';
import { noticePullRequest } from '../observations/observe.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import { isReachable, type RepositoryPorts } from '../repositories/model.js';
import { defaultSettings } from '../settings/settings.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  Tools &
  AddressPorts;

/** So many are looked at in one pass, the longest waiting first. */
const MOST = 500;

/** Gives free places to the pull requests that wait for one (`limits.when-full: queue`). Returns how many got one. */
export async function promoteQueued(ports: Ports): Promise<number> {
  const items = await ports.environments.queued(MOST);
  const full = new Set<string>();
  const fields = { part: 'queue' };
  return forEachIsolated(ports, {
    items,
    fields,
    work: (environment) => promote(ports, { environment, full }),
  });
}

interface Queued {
  readonly environment: StoredEnvironment;
  /** Projects without a free place: later ones in the queue need not be counted. */
  readonly full: Set<string>;
}

async function promote(ports: Ports, { environment, full }: Queued): Promise<number> {
  const { projectId, repoId, pullRequest, settings } = environment;
  if (!pullRequest || full.has(projectId)) return 0;
  const { limits } = settings ?? defaultSettings();
  const { inProject, ofAuthor } = await countAdmitted(ports, environment);
  if (inProject >= limits.environments) full.add(projectId);
  if (inProject >= limits.environments || ofAuthor >= limits.environmentsPerUser) return 0;
  const repo = await ports.repos.get(repoId);
  if (!repo || !isReachable(repo)) return 0;
  return (await noticePullRequest(ports, { repo, number: pullRequest.number })) ? 1 : 0;
}
