import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Route, type RouteName, ROUTES } from '../../src/contract/routes.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from '../http/body-budget.js';
import { parseJson, readBody, refuseDeep, requireType, streamBody } from '../http/body.js';
import { callerAddress } from '../http/hosts.js';
import type { RateLimit } from '../http/rate-limit.js';
import { type Answer, errorAnswer, isOurFault, respond } from '../http/respond.js';
import type { Ports } from '../ports.js';
import { type Actor, authenticate, authorize, type Identify } from './access.js';
import type { ApiRoute } from './route.js';

const MIB = 1024 * 1024;

const TIMEOUT_MS = 15_000;

const IDLE_MS = 30_000;

interface ApiDependencies {
  readonly ports: Ports;
  readonly routes: Readonly<Record<RouteName, ApiRoute>>;
  readonly identify: Identify;
  readonly budget: BodyBudget;
  readonly limits: { readonly exchange: RateLimit; readonly starts: RateLimit };
}

interface Call {
  readonly name: RouteName;
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** Answers every request under /api and the health checks: find, know the caller, allow, limit, read, do, present. */
export function createApi(dependencies: ApiDependencies) {
  const route = createRouter<RouteName>(ROUTES);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = randomBytes(8).toString('hex');
    try {
      const [path = '', search] = (request.url ?? '').split('?', 2);
      const match = route(request.method ?? '', path);
      if (!match)
        throw new VitrineError(
          'not_found',
          'There is nothing here. GET /api/v1/openapi.json lists what there is.',
        );
      if ('allow' in match) return respond(response, notAllowed(match.allow, requestId));
      const call = { ...match, route: ROUTES[match.name], request, query: new URLSearchParams(search) };
      const { status, body, headers } = await answer(dependencies, call);
      respond(response, { status, body, headers: { 'x-request-id': requestId, ...headers } });
    } catch (error) {
      if (isOurFault(error)) {
        const { method, url } = request;
        dependencies.ports.log('error', 'request failed', {
          requestId,
          method,
          path: url?.split('?', 1)[0],
          error,
        });
      }
      respond(response, errorAnswer(error, requestId));
    }
  };
}

function notAllowed(allow: readonly string[], requestId: string): Answer {
  const error = { code: 'bad_request', message: `Only ${allow.join(', ')} can be used here.`, requestId };
  return { status: 405, body: { error }, headers: { allow: allow.join(', '), 'x-request-id': requestId } };
}

async function answer(dependencies: ApiDependencies, call: Call): Promise<Answer> {
  const { ports, routes, identify, limits } = dependencies;
  const { request, route, parameters } = call;
  if (route.access.includes('identity'))
    limits.exchange(callerAddress(request), 'Too many identities from one address.');
  const { authorization } = request.headers;
  const actor = await authenticate({ ...ports, identify }, { route, authorization });
  authorize({
    actor,
    route,
    resource: route.path.includes('/deployments/:id') ? { deploymentId: parameters['id'] } : {},
  });
  if (actor.kind === 'identity')
    limits.starts(String(actor.identity.repoId), 'This repository starts too many deployments.');
  const handler = routes[call.name];
  return handler.handle(ports, await read(dependencies, { ...call, handler, actor }));
}

async function read({ budget }: ApiDependencies, call: Call & { handler: ApiRoute; actor: Actor }) {
  const { request, handler, actor, parameters, query } = call;
  const maxBytes = handler.maxBytes ?? MIB;
  const asked = {
    actor,
    parameters,
    query,
    accept: request.headers.accept ?? '',
    body: undefined,
    stream: streamBody(request, { maxBytes, idleMs: IDLE_MS }),
  };
  if (handler.input === 'none') return asked;
  requireType(request, handler.input === 'json' ? 'application/json' : 'application/octet-stream');
  if (handler.input === 'stream') return asked;
  const bytes = await readBody(request, { maxBytes, timeoutMs: TIMEOUT_MS, budget });
  if (handler.input === 'bytes') return { ...asked, body: bytes };
  const body = parseJson(bytes);
  refuseDeep(body);
  return { ...asked, body };
}

type Match<Name extends string> =
  | { readonly name: Name; readonly parameters: Readonly<Record<string, string>> }
  | { readonly allow: readonly string[] };

interface Entry<Name> {
  readonly name: Name;
  readonly method: string;
  readonly segments: readonly string[];
}

/** Finds the route of a request. Literal segments win over parameters, whatever the order of the table. */
export function createRouter<Name extends string>(routes: Readonly<Record<Name, Route>>) {
  const entries = (Object.entries<Route>(routes) as [Name, Route][])
    .map(([name, { method, path }]): Entry<Name> => ({ name, method, segments: path.split('/') }))
    .sort((a, b) => parameterCount(a) - parameterCount(b));

  return (method: string, path: string): Match<Name> | undefined => {
    const parts = path.split('/');
    const fitting = entries.flatMap((entry) => {
      const parameters = fit(entry.segments, parts);
      return parameters ? [{ entry, parameters }] : [];
    });
    const found = fitting.find(
      ({ entry }) => entry.method === method || (method === 'HEAD' && entry.method === 'GET'),
    );
    if (found) return { name: found.entry.name, parameters: found.parameters };
    return fitting.length > 0 ? { allow: fitting.map(({ entry }) => entry.method) } : undefined;
  };
}

function parameterCount({ segments }: Entry<string>): number {
  return segments.filter((segment) => segment.startsWith(':')).length;
}

function fit(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === undefined) return undefined;
    parameters[segment.slice(1)] = value;
  }
  return parameters;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined;
  } catch {
    return undefined;
  }
}
