/** https://docs.github.com/rest/deployments/statuses */
import { DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import type { Json } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { created, notFound, ok, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import type { Deployment, DeploymentStatus, RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { appDocument, appOf, authorOf } from './bot.js';

const read = { permission: 'deployments', level: 'read' } as const;
const write = { permission: 'deployments', level: 'write' } as const;

export const deploymentStatusRoutes: readonly Route[] = [
  repositoryRoute({ at: 'POST /deployments/:id/statuses', need: write, answer: createStatus }),
  repositoryRoute({
    at: 'GET /deployments/:id/statuses',
    need: read,
    answer: (_, { repository, params, url }) =>
      paginated([...statusesOf(repository, Number(params.id))].reverse(), { url }),
  }),
  repositoryRoute({
    at: 'GET /deployments/:id/statuses/:status',
    need: read,
    answer: (_, { repository, params }) => {
      const all = statusesOf(repository, Number(params.id));
      const status = all.find((one) => one.id === Number(params.status));
      return status ? ok(status) : notFound();
    },
  }),
];

function createStatus(world: World, request: RepositoryRequest): ApiReply {
  const { repository, params, body } = request;
  const deployment = repository.deployments.get(Number(params.id));
  if (!deployment) return notFound();
  const { auto_inactive: autoInactive = true, ...fields } = body;
  const environment = typeof body.environment === 'string' ? body.environment : deployment.environment;
  const state = String(body.state);
  const status = { ...blank(world, { deployment, request }), ...fields, environment, state };
  const isSuccess = status.state === DEPLOYMENT_STATE.success;
  if (isSuccess && autoInactive === true) retireOthers(world, { ...deployment, environment }, request);
  repository.deploymentStatuses.set(deployment.id, [...statusesOf(repository, deployment.id), status]);
  const updated_at = githubTime(world.options.clock);
  repository.deployments.set(deployment.id, { ...deployment, environment, updated_at });
  return created(status);
}

/** GitHub spares transient and production environments, so the App itself must set its previews inactive. */
function retireOthers(world: World, newest: Deployment, request: RepositoryRequest): void {
  const { repository } = request;
  for (const deployment of repository.deployments.values()) {
    const kept = deployment.transient_environment || deployment.production_environment;
    const older = deployment.id < newest.id && deployment.environment === newest.environment;
    const alive = statusesOf(repository, deployment.id).at(-1)?.state !== DEPLOYMENT_STATE.inactive;
    if (kept || !older || !alive) continue;
    const inactive = { ...blank(world, { deployment, request }), state: DEPLOYMENT_STATE.inactive };
    repository.deploymentStatuses.set(deployment.id, [...statusesOf(repository, deployment.id), inactive]);
  }
}

function statusesOf(repository: RepositoryState, deploymentId: number): readonly DeploymentStatus[] {
  return repository.deploymentStatuses.get(deploymentId) ?? [];
}

function blank(
  world: World,
  { deployment, request }: { deployment: Deployment; request: RepositoryRequest },
): Json {
  const id = world.state.nextId();
  const now = githubTime(world.options.clock);
  const app = appOf(world, request.actor);
  return {
    id,
    node_id: `DES_${id}`,
    url: `${String(deployment.statuses_url)}/${id}`,
    deployment_url: deployment.url,
    repository_url: deployment.repository_url,
    environment: deployment.environment,
    creator: authorOf(world, request.actor),
    description: '',
    target_url: String(request.body.log_url ?? deployment.url),
    created_at: now,
    updated_at: now,
    performed_via_github_app: app ? appDocument(world, app) : null,
  };
}
