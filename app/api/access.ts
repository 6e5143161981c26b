import type { IncomingMessage } from 'node:http';
import type { Operation } from '../../src/contract/operation.js';
import { hashToken, type TokenScope, type TokenStore } from '../../src/people/api-token.js';
import { type ActorKind, actorsFor, can, type Verdict } from '../../src/people/policies.js';
import type { Identity } from '../../src/runs/identity.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';
import { callerAddress } from '../http/hosts.js';
import type { RateLimit } from '../http/rate-limit.js';

/** The actor of a request, with what its token proves. */
export type Caller =
  { readonly kind: 'anonymous' } | { readonly kind: 'identity'; readonly identity: Identity } | TokenScope;

/**
 * Checks a workflow's OIDC token. Throws `unauthorized` or `forbidden` with the reason. The verb that acts for the identity makes sure
 * that it is used once.
 */
export type Identify = (token: string, purpose: 'deploy' | 'remove') => Promise<Identity>;

export interface AuthenticatePorts {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly identify: Identify;
}

export interface AccessParts extends AuthenticatePorts {
  readonly limits: { readonly exchange: RateLimit; readonly starts: RateLimit };
}

interface Arrival {
  readonly operation: Operation;
  readonly request: IncomingMessage;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Finds out who asks and whether they may, before a byte of the body is read. */
export async function admit(parts: AccessParts, { operation, request, params }: Arrival): Promise<Caller> {
  const { limits } = parts;
  if (takesIdentity(operation))
    limits.exchange(callerAddress(request), 'Too many identities from one address.');
  const { authorization } = request.headers;
  const caller = await authenticate(parts, { operation, authorization });
  const deploymentId = operation.resource && params[operation.resource.deploymentId];
  refuse(can(caller, operation.permission, { deploymentId }), operation);
  if (caller.kind === 'identity')
    limits.starts(String(caller.identity.repoId), 'This repository starts too many deployments.');
  return caller;
}

/** Operations for workflow runs take OIDC tokens, and no other operation does. */
function takesIdentity({ permission }: Operation): boolean {
  const actors = actorsFor(permission);
  return actors.includes('identity') && !actors.includes('anonymous');
}

/** No valid token is longer. */
const MAX_TOKEN = 16 * 1024;

/** A wrong token is refused, also by operations that need none. */
export async function authenticate(
  ports: AuthenticatePorts,
  { operation, authorization }: { operation: Operation; authorization: string | undefined },
): Promise<Caller> {
  if (authorization === undefined) return { kind: 'anonymous' };
  const token = bearer(authorization);
  if (takesIdentity(operation)) {
    const purpose = operation.permission === 'resource.remove' ? 'remove' : 'deploy';
    return { kind: 'identity', identity: await ports.identify(token, purpose) };
  }
  const scope = await ports.tokens.find(hashToken(token), ports.clock.now());
  if (!scope) throw new VitrineError('unauthorized', 'The token is not known, or its time is over.');
  return scope;
}

function bearer(authorization: string): string {
  const match = authorization.length <= MAX_TOKEN ? /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization) : null;
  if (match?.[1]) return match[1];
  throw new VitrineError('unauthorized', 'The Authorization header must be "Bearer <token>".');
}

const ACTOR: Readonly<Record<ActorKind, string>> = {
  anonymous: 'anyone',
  identity: "a workflow's identity",
  run: 'the run that started it',
  operator: 'an operator',
};

function refuse(verdict: Verdict, { permission }: Operation): void {
  if (verdict === 'yes') return;
  const actors = actorsFor(permission).map((kind) => ACTOR[kind]);
  const messages = {
    unauthorized: `This needs a token of ${actors.join(' or ')}.`,
    forbidden: `This token cannot do that: it needs one of ${actors.join(' or ')}.`,
    not_found: 'There is no such deployment.',
  };
  throw new VitrineError(verdict, messages[verdict]);
}
