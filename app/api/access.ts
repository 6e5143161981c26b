import { createHash } from 'node:crypto';
import type { Route } from '../../src/contract/routes.js';
import type { TokenScope, TokenStore } from '../../src/people/api-token.js';
import type { Identity } from '../../src/runs/identity.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';

/** Who asks. */
export type Actor =
  { readonly kind: 'public' } | { readonly kind: 'identity'; readonly identity: Identity } | TokenScope;

/** Checks a workflow's OIDC token; throws `unauthorized` or `forbidden` with the reason. That it is used once is up to whoever uses it. */
export type Identify = (token: string) => Promise<Identity>;

export interface AuthenticatePorts {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly identify: Identify;
}

/** Nothing that proves anything is longer. */
const MAX_TOKEN = 16 * 1024;

/** Finds out who asks. A token that is there but wrong is refused even where anybody may ask. */
export async function authenticate(
  ports: AuthenticatePorts,
  { route, authorization }: { route: Route; authorization: string | undefined },
): Promise<Actor> {
  if (authorization === undefined) return { kind: 'public' };
  const token = bearer(authorization);
  if (route.access.includes('identity')) return { kind: 'identity', identity: await ports.identify(token) };
  const scope = await ports.tokens.find(hashToken(token), ports.clock.now());
  if (!scope) throw new VitrineError('unauthorized', 'The token is not known, or its time is over.');
  return scope;
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function bearer(authorization: string): string {
  const match = authorization.length <= MAX_TOKEN ? /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization) : null;
  if (match?.[1]) return match[1];
  throw new VitrineError('unauthorized', 'The Authorization header must be "Bearer <token>".');
}

/** What is asked for, as far as the path says. */
interface Resource {
  readonly deploymentId?: string | undefined;
}

/** The one place that says yes. Whatever the table does not allow is refused. */
export function authorize({
  actor,
  route,
  resource,
}: {
  actor: Actor;
  route: Route;
  resource: Resource;
}): void {
  if (route.access.includes('public')) return;
  if (actor.kind === 'public')
    throw new VitrineError('unauthorized', `This needs a token of ${named(route)}.`);
  if (!route.access.includes(actor.kind)) {
    throw new VitrineError('forbidden', `This token cannot do that: it needs one of ${named(route)}.`);
  }
  // Another run's deployment does not exist for this one, so that ids cannot be tried out.
  if (actor.kind === 'run' && resource.deploymentId !== actor.deploymentId) {
    throw new VitrineError('not_found', 'There is no such deployment.');
  }
}

function named({ access }: Route): string {
  const who = {
    public: 'anyone',
    identity: "a workflow's identity",
    run: 'the run that started it',
    operator: 'an operator',
  };
  return access.map((kind) => who[kind]).join(' or ');
}
