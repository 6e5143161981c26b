import type { Json } from '../documents.js';
import { mayAct, type Actor, type Need } from '../identity/actors.js';
import { findRepository, type RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { notFound, refused, type ApiReply } from './reply.js';

export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly actor: Actor;
  readonly token: string | undefined;
}

export interface RepositoryRequest extends ApiRequest {
  readonly repository: RepositoryState;
}

/** A route of ours. A request that no route takes goes to emulate. */
export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  answer(world: World, request: ApiRequest): ApiReply | Promise<ApiReply>;
}

interface RepositoryRoute {
  /** `GET /check-runs/:id`, relative to the repository; `:ref*` and `:path*` may hold slashes. */
  readonly at: string;
  readonly need: Need;
  answer(world: World, request: RepositoryRequest): ApiReply | Promise<ApiReply>;
}

export function route(at: string, answer: Route['answer']): Route {
  const [method = 'GET', path = '/'] = at.split(' ');
  const source = path.replace(/:(\w+)(\*?)/g, (_, name, many) => `(?<${name}>${many ? '.+' : '[^/]+'})`);
  return { method, pattern: new RegExp(`^${source}$`), answer };
}

/** Finds the repository and refuses a caller without the permission, as GitHub does. */
export function repositoryRoute({ at, need, answer }: RepositoryRoute): Route {
  return route(at.replace(' ', ' /repos/:owner/:name'), (world, request) => {
    const { owner, name } = request.params;
    const repository = findRepository(world.state, `${owner}/${name}`);
    if (!repository) return notFound();
    if (mayAct(request.actor, repository.document, need)) return answer(world, { ...request, repository });
    if (request.actor.kind === 'nobody') return refused(401, 'Requires authentication');
    return refused(403, 'Resource not accessible by integration');
  });
}

export function matchRoute(routes: readonly Route[], request: { method: string; path: string }) {
  for (const candidate of routes) {
    const match = candidate.method === request.method ? candidate.pattern.exec(request.path) : null;
    if (match) return { route: candidate, params: decoded(match.groups ?? {}) };
  }
  return undefined;
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
}
