/** emulate has no deployments. https://docs.github.com/rest/deployments/deployments */
import { CHECK, COMMIT_STATE, CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import { without } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { created, notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import { resolveRef, type Deployment, type RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { appDocument, appOf, authorOf } from './bot.js';

const read = { permission: 'deployments', level: 'read' } as const;
const write = { permission: 'deployments', level: 'write' } as const;

export const deploymentRoutes: readonly Route[] = [
  repositoryRoute({ at: 'POST /deployments', need: write, answer: createDeployment }),
  repositoryRoute({ at: 'GET /deployments', need: read, answer: listDeployments }),
  repositoryRoute({ at: 'GET /deployments/:id', need: read, answer: showDeployment }),
  repositoryRoute({ at: 'DELETE /deployments/:id', need: write, answer: deleteDeployment }),
];

function createDeployment(world: World, { repository, body, actor }: RepositoryRequest): ApiReply {
  const sha = resolveRef(repository, String(body.ref));
  if (!sha || !world.state.files.has(sha)) return refused(422, `No ref found for: ${String(body.ref)}`);
  if (body.required_contexts === undefined && hasUnfinishedContexts(repository, sha))
    return refused(409, 'Conflict: Commit status checks failed for the ref.');
  const app = appOf(world, actor);
  const deployment: Deployment = {
    ...blank(world, repository),
    ...without(body, 'required_contexts', 'auto_merge'),
    ref: String(body.ref),
    sha,
    creator: authorOf(world, actor),
    performed_via_github_app: app ? appDocument(world, app) : null,
  };
  const original = { original_environment: deployment.environment };
  repository.deployments.set(deployment.id, { ...deployment, ...original });
  return created(repository.deployments.get(deployment.id));
}

/** Without `required_contexts: []` GitHub refuses to deploy a commit whose checks are not all green. */
function hasUnfinishedContexts({ checkRuns, commitStatuses }: RepositoryState, sha: string): boolean {
  const good: readonly unknown[] = [CONCLUSION.success, CONCLUSION.neutral, CONCLUSION.skipped];
  const checks = [...checkRuns.values()].filter((run) => run.head_sha === sha);
  const red = checks.some((run) => run.status !== CHECK.completed || !good.includes(run.conclusion));
  return red || (commitStatuses.get(sha) ?? []).some((status) => status.state !== COMMIT_STATE.success);
}

function blank(world: World, { document }: RepositoryState) {
  const id = world.state.nextId();
  const api = `${world.url}/repos/${document.full_name}`;
  const now = githubTime(world.options.clock);
  return {
    id,
    node_id: `DE_${id}`,
    url: `${api}/deployments/${id}`,
    statuses_url: `${api}/deployments/${id}/statuses`,
    repository_url: api,
    task: 'deploy',
    payload: {},
    environment: 'production',
    description: null,
    transient_environment: false,
    production_environment: false,
    created_at: now,
    updated_at: now,
  };
}

function listDeployments(_: World, { repository, url }: RepositoryRequest): ApiReply {
  const filters = (['sha', 'ref', 'task', 'environment'] as const).filter((name) =>
    url.searchParams.has(name),
  );
  const fits = (one: Deployment) => filters.every((name) => one[name] === url.searchParams.get(name));
  return paginated([...repository.deployments.values()].filter(fits).reverse(), { url });
}

function showDeployment(_: World, { repository, params }: RepositoryRequest): ApiReply {
  const deployment = repository.deployments.get(Number(params.id));
  return deployment ? ok(deployment) : notFound();
}

function deleteDeployment(_: World, { repository, params }: RepositoryRequest): ApiReply {
  const id = Number(params.id);
  if (!repository.deployments.has(id)) return notFound();
  const state = repository.deploymentStatuses.get(id)?.at(-1)?.state;
  const active = state !== undefined && state !== DEPLOYMENT_STATE.inactive;
  if (active) return refused(422, 'We cannot delete an active deployment unless it is the only deployment.');
  repository.deployments.delete(id);
  return { status: 204 };
}
