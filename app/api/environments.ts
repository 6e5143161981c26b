import type { Container } from '../../src/containers/container.js';
import type { ContainerView, environments, EnvironmentView } from '../../src/contract/environments.js';
import { configurationChanges } from '../../src/deployments/configuration.js';
import { protectionOf } from '../../src/deployments/protection.js';
import { wakeEnvironment as wake } from '../../src/deployments/wake.js';
import { destroyEnvironment as destroy } from '../../src/environments/destroy.js';
import { extendEnvironment as extend } from '../../src/environments/extend.js';
import { type Environment, isActive, isPinned } from '../../src/environments/model.js';
import { pinEnvironment as pin, unpinEnvironment as unpin } from '../../src/environments/pin.js';
import type { EnvironmentFilter } from '../../src/environments/store.js';
import { approveCommit } from '../../src/observations/approve.js';
import { cancelBuild } from '../../src/runs/cancel.js';
import { redeploy } from '../../src/runs/redeploy.js';
import { VitrineError } from '../../src/shared/errors.js';
import { addressesOf } from '../../src/shared/reach.js';
import { forgetLeftovers } from '../../src/runs/removals.js';
import type { Ports } from '../ports.js';
import type { Caller } from './access.js';
import { found, type Handlers, isoOrNull, nameOf, pageOf } from './handler.js';
import { visibleTo } from './visible.js';

export const environmentHandlers: Handlers<typeof environments> = {
  async listEnvironments(ports, { query, caller }) {
    const { repository, pull_request: pullRequest, active_only, status, project, ...page } = query;
    const visible = await visibleTo(ports, caller);
    const within = await placeOf(ports, { repository, pullRequest });
    if (!within) return { items: [], nextCursor: null };
    const filter = {
      ...(visible !== 'all' && { projectIds: visible.projectIds }),
      ...within,
      ...(status !== undefined && { status }),
      ...(project !== undefined && { projectId: project }),
      ...(active_only === 'true' && { activeOnly: true as const }),
    };
    const { items, nextCursor } = await ports.environments.list(filter, pageOf(page));
    return { items: await presentNow(ports, items), nextCursor };
  },

  async getEnvironment(ports, { params }) {
    return presentOne(ports, found(await ports.environments.get(params.id), 'environment'));
  },

  async getEnvironmentByNamespace(ports, { params }) {
    return presentOne(ports, found(await ports.environments.bySlug(params.namespace), 'environment'));
  },

  async destroyEnvironment(ports, { params, query, caller }) {
    const { id: environmentId } = found(await ports.environments.get(params.id), 'environment');
    const actor = nameOf(caller);
    const request = { environmentId, actor, rule: 'asked', detail: detailOf(caller) } as const;
    const destroyed = await destroy(ports, request);
    if (query.force !== 'true') return presentEnvironment(destroyed);
    return presentEnvironment(await forgetLeftovers(ports, { environmentId, actor }));
  },

  async approveEnvironment(ports, { params, body, caller }) {
    const request = { environmentId: params.id, sha: body.sha, actor: nameOf(caller) };
    return presentEnvironment(await approveCommit(ports, request));
  },

  async extendEnvironment(ports, { params, body, caller }) {
    const request = { environmentId: params.id, by: body.duration, actor: nameOf(caller) };
    found(await ports.environments.get(params.id), 'environment');
    return presentEnvironment(await extend(ports, request));
  },

  async pinEnvironment(ports, { params, caller }) {
    return presentEnvironment(await pin(ports, { environmentId: params.id, actor: nameOf(caller) }));
  },

  async unpinEnvironment(ports, { params, caller }) {
    return presentEnvironment(await unpin(ports, { environmentId: params.id, actor: nameOf(caller) }));
  },

  async redeployEnvironment(ports, { params, caller }) {
    const { environment, run } = await redeploy(ports, { environmentId: params.id, actor: nameOf(caller) });
    return { environment: presentEnvironment(environment), run };
  },

  async cancelEnvironment(ports, { params, caller }) {
    const request = { environmentId: params.id, actor: nameOf(caller) };
    const { environment, run } = await cancelBuild(ports, request);
    return { environment: presentEnvironment(environment), run };
  },

  async wakeEnvironment(ports, { params }) {
    return presentEnvironment(await wake(ports, { environmentId: params.id, unwellToo: true }));
  },

  async listContainers(ports, { params, query }) {
    found(await ports.environments.get(params.id), 'environment');
    const { items, nextCursor } = await ports.containers.listOf(params.id, pageOf(query));
    return { items: items.map(presentContainer), nextCursor };
  },
};

interface Asked {
  readonly repository: string | undefined;
  readonly pullRequest: number | undefined;
}

/** The filter for a repository or one of its pull requests; null when the server does not know the repository. */
async function placeOf(
  { repos }: Pick<Ports, 'repos'>,
  { repository, pullRequest }: Asked,
): Promise<Pick<EnvironmentFilter, 'repository' | 'repoId' | 'pullRequest'> | null> {
  if (pullRequest === undefined) return repository === undefined ? {} : { repository };
  if (repository === undefined)
    throw new VitrineError('bad_request', 'pull_request needs repository: each repository counts its own.');
  const repo = await repos.byFullName(repository);
  return repo && { repoId: repo.id, pullRequest };
}

/** The pull request shows it to readers who may not know that there is an operator. */
function detailOf(caller: Caller): string {
  const who = caller.kind === 'user' ? nameOf(caller) : `the operator (${nameOf(caller)})`;
  return `Removed by ${who}. Push a commit, or close and reopen, to get it back.`;
}

/** With whether their variables and secrets were changed since they went live. */
async function presentNow(ports: Ports, environments: readonly Environment[]): Promise<EnvironmentView[]> {
  const changes = await configurationChanges(ports, environments);
  return environments.map((environment) => ({
    ...presentEnvironment(environment),
    configurationChanged: changes.get(environment.id) ?? false,
  }));
}

async function presentOne(ports: Ports, environment: Environment): Promise<EnvironmentView> {
  const [view] = await presentNow(ports, [environment]);
  return view ?? presentEnvironment(environment);
}

/** Where it was just built, so that nothing has changed since. */
export function presentEnvironment(environment: Environment): EnvironmentView {
  const { id, name, project, repository, status, generation, url, head, current, error } = environment;
  return {
    id,
    name,
    namespace: environment.slug,
    project,
    projectId: environment.projectId,
    repository,
    repositoryId: environment.repoId,
    status,
    generation,
    url,
    live: current !== null && isActive(environment),
    kind: current?.reach.kind ?? null,
    addresses: isActive(environment) ? addressesOf(current?.reach) : [],
    health: presentHealth(environment),
    protection: protectionOf(environment),
    configurationChanged: false,
    commit: head?.sha ?? null,
    currentCommit: current?.sha ?? null,
    latestDeployment: head?.deploymentId ?? null,
    currentDeployment: current?.deploymentId ?? null,
    pullRequest: presentPullRequest(environment),
    decision: presentDecision(environment),
    error,
    expiresAt: isPinned(environment) ? null : isoOrNull(environment.expiresAt),
    pinned: isActive(environment) && isPinned(environment),
    createdAt: environment.createdAt.toISOString(),
    updatedAt: environment.updatedAt.toISOString(),
    deployedAt: isoOrNull(environment.deployedAt),
    hookFailure: environment.hookFailure ?? null,
    destroyedAt: isoOrNull(environment.destroyedAt),
  };
}

function presentContainer({ environmentId: _of, startedAt, stoppedAt, ...rest }: Container): ContainerView {
  return { ...rest, startedAt: startedAt.toISOString(), stoppedAt: isoOrNull(stoppedAt) };
}

function presentHealth({ health }: Environment): EnvironmentView['health'] {
  return health ? { state: health.state, detail: health.detail, since: health.since.toISOString() } : null;
}

function presentPullRequest({ pullRequest }: Environment): EnvironmentView['pullRequest'] {
  if (!pullRequest) return null;
  const { number, title, author, head, url } = pullRequest;
  return { number, title, author: author.login, branch: head.ref, url };
}

function presentDecision({ decision }: Environment): EnvironmentView['decision'] {
  return decision && { action: decision.action, rule: decision.rule, detail: decision.detail };
}
