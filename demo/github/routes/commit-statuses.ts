/** emulate has no commit statuses. https://docs.github.com/rest/commits/statuses */
import { COMMIT_STATE } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import type { Json } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { created, notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import { resolveRef } from '../state.js';
import type { World } from '../world.js';
import { authorOf } from './bot.js';

const read = { permission: 'statuses', level: 'read' } as const;
const write = { permission: 'statuses', level: 'write' } as const;

export const commitStatusRoutes: readonly Route[] = [
  repositoryRoute({ at: 'POST /statuses/:sha', need: write, answer: createStatus }),
  repositoryRoute({
    at: 'GET /commits/:ref*/statuses',
    need: read,
    answer: (_, request) => paginated(statusesOf(request), { url: request.url }),
  }),
  repositoryRoute({ at: 'GET /commits/:ref*/status', need: read, answer: combinedStatus }),
];

function createStatus(world: World, { repository, params, body, actor }: RepositoryRequest): ApiReply {
  const sha = params.sha ?? '';
  if (!world.state.files.has(sha)) return refused(422, `No commit found for SHA: ${sha}`);
  const id = world.state.nextId();
  const now = githubTime(world.options.clock);
  const creator = authorOf(world, actor);
  const status = {
    id,
    node_id: `SC_${id}`,
    url: `${world.url}/repos/${repository.document.full_name}/statuses/${sha}`,
    avatar_url: creator.avatar_url,
    target_url: null,
    description: null,
    context: 'default',
    created_at: now,
    updated_at: now,
    creator,
    ...body,
  };
  repository.commitStatuses.set(sha, [status, ...(repository.commitStatuses.get(sha) ?? [])]);
  return created(status);
}

function statusesOf({ repository, params }: RepositoryRequest): readonly Json[] {
  return repository.commitStatuses.get(resolveRef(repository, params.ref ?? '') ?? '') ?? [];
}

function combinedStatus(world: World, request: RepositoryRequest): ApiReply {
  const { document } = request.repository;
  const sha = resolveRef(request.repository, request.params.ref ?? '');
  if (!sha) return notFound();
  const newest = new Map([...statusesOf(request)].reverse().map((status) => [status.context, status]));
  const statuses = [...newest.values()];
  const api = `${world.url}/repos/${document.full_name}/commits/${sha}`;
  return ok({
    state: combine(statuses.map((status) => status.state)),
    statuses,
    sha,
    total_count: statuses.length,
    repository: document,
    commit_url: api,
    url: `${api}/status`,
  });
}

function combine(states: readonly unknown[]): string {
  if (states.includes(COMMIT_STATE.failure) || states.includes(COMMIT_STATE.error))
    return COMMIT_STATE.failure;
  const allGood = states.length > 0 && states.every((state) => state === COMMIT_STATE.success);
  return allGood ? COMMIT_STATE.success : COMMIT_STATE.pending;
}
