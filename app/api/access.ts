import type { IncomingMessage } from 'node:http';
import type { Operation, ResourceParameter } from '../../src/contract/operation.js';
import type { DeliveryPorts } from '../../src/deliveries/store.js';
import type { DeploymentPorts } from '../../src/deployments/store.js';
import type { EnvironmentPorts } from '../../src/environments/store.js';
import { hashToken, type TokenScope, type TokenStore } from '../../src/people/api-token.js';
import { type AdministratorPorts, isAdministrator, type UserStore } from '../../src/people/user.js';
import {
  type ActorKind,
  actorsFor,
  can,
  personNeeds,
  type Resource,
  type UserActor,
  type Verdict,
} from '../../src/people/policies.js';
import type { Place, RightsPorts } from '../../src/people/rights.js';
import type { ProjectPorts } from '../../src/projects/project.js';
import type { Identity } from '../../src/runs/identity.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';
import { callerAddress } from '../http/hosts.js';
import type { RateLimit } from '../http/rate-limit.js';
import { findSignedIn, refuseForeignWrite, type SessionParts, type SignedIn } from './session.js';
import { overLimit, type RateState, type SharedRate } from '../http/shared-rate.js';

/** The actor of a request, with what its token proves. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'identity'; readonly identity: Identity }
  | Exclude<TokenScope, { kind: 'user' }>
  | UserActor;

/**
 * Checks a workflow's OIDC token. Throws `unauthorized` or `forbidden` with the reason. The verb that acts for the identity makes sure
 * that it is used once.
 */
export type Identify = (token: string, purpose: 'deploy' | 'remove') => Promise<Identity>;

export interface AuthenticatePorts extends AdministratorPorts {
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly users: Pick<UserStore, 'get'>;
  readonly clock: Clock;
  readonly identify: Identify;
}

/** Where the documents are that rights depend on. */
type PlacePorts = EnvironmentPorts & DeploymentPorts & ProjectPorts & DeliveryPorts;

export interface AccessParts extends AuthenticatePorts, PlacePorts, RightsPorts, SessionParts {
  readonly limits: {
    readonly exchange: RateLimit;
    readonly starts: RateLimit;
    /** Requests of one person or operator, of one run, and of one address that shows no valid token. */
    readonly people: SharedRate;
    readonly runs: SharedRate;
    readonly addresses: SharedRate;
  };
}

type Params = Readonly<Record<string, string | undefined>>;

interface Arrival {
  readonly operation: Operation;
  readonly request: IncomingMessage;
  readonly params: Params;
  /** Takes what the answer says of the caller's limit, also when it refuses the request. */
  readonly onRate: (rate: RateState) => void;
}

interface Admitted {
  readonly caller: Caller;
  /** Null unless a cookie says who asks. */
  readonly signedIn: SignedIn | null;
}

/** Finds out who asks and whether they may, before a byte of the body is read. */
export async function admit(parts: AccessParts, arrival: Arrival): Promise<Admitted> {
  const { limits } = parts;
  const { operation, request, params } = arrival;
  if (takesIdentity(operation))
    limits.exchange(callerAddress(request), 'Too many identities from one address.');
  const { caller, signedIn } = await identify(parts, arrival).catch((error: unknown) => {
    count(parts, { kind: 'anonymous' }, arrival);
    throw error;
  });
  count(parts, caller, arrival);
  refuseForeignWrite(parts.publicUrl, { operation, request, session: signedIn?.session ?? null });
  const resource = await resourceOf(parts, { operation, params, caller });
  refuse(can(caller, operation.permission, resource), operation);
  if (caller.kind === 'identity')
    limits.starts(String(caller.identity.repoId), 'This repository starts too many deployments.');
  return { caller, signedIn };
}

/** A token says who asks, whatever cookies the browser adds. */
async function identify(parts: AccessParts, { operation, request }: Arrival): Promise<Admitted> {
  const { authorization } = request.headers;
  const byCookie = authorization === undefined && !takesIdentity(operation);
  const signedIn = byCookie ? await findSignedIn(parts, request) : null;
  return { signedIn, caller: signedIn?.caller ?? (await authenticate(parts, { operation, authorization })) };
}

/** Counts the request towards the limit of its caller. */
function count({ limits }: AccessParts, caller: Caller, { operation, request, onRate }: Arrival): void {
  if (operation.unlimited) return;
  const address = callerAddress(request);
  const rate =
    caller.kind === 'anonymous' || caller.kind === 'identity'
      ? limits.addresses(address)
      : limits[caller.kind === 'run' ? 'runs' : 'people'](actorKey(caller));
  onRate(rate);
  if (!rate.allowed) throw overLimit(rate, 'You have sent too many requests.');
}

/** Names an actor that has a token, apart from every other one. */
export function actorKey(caller: Exclude<Caller, { kind: 'anonymous' | 'identity' }>): string {
  if (caller.kind === 'run') return `run ${caller.deploymentId}`;
  return caller.kind === 'user' ? `user ${caller.userId}` : `operator ${caller.name}`;
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
  return scope.kind === 'user' ? personWith(ports, scope) : scope;
}

/** A token may do what its person may, within its bounds, as long as the person has an account that is open. */
async function personWith(
  { users, admins }: AuthenticatePorts,
  scope: Extract<TokenScope, { kind: 'user' }>,
): Promise<UserActor> {
  const user = await users.get(scope.userId);
  if (!user?.active) throw new VitrineError('unauthorized', 'The account of this token is closed.');
  return {
    ...scope,
    name: user.name,
    administrator: isAdministrator(user, admins),
    sessionId: null,
  };
}

interface Asked {
  readonly operation: Operation;
  readonly params: Params;
  readonly caller: Caller;
}

/** What rights depend on. Only for people the document is read: what it belongs to says which role they have. */
async function resourceOf(parts: AccessParts, { operation, params, caller }: Asked): Promise<Resource> {
  const { resource } = operation;
  if (!resource) return {};
  const deploymentId = 'deploymentId' in resource ? params[resource.deploymentId] : undefined;
  if (caller.kind !== 'user') return { deploymentId };
  const place = await placeOf(parts, resource, params);
  if (!place) return { deploymentId };
  const role = caller.administrator ? 'admin' : await parts.rights.roleOn(caller.userId, place);
  return { deploymentId, projectId: place.projectId ?? undefined, role };
}

/** Where the named document belongs; null when there is none. */
async function placeOf(
  { environments, deployments, projects, inbox }: PlacePorts,
  resource: ResourceParameter,
  params: Params,
): Promise<Place | null> {
  if ('deploymentId' in resource) return deployments.get(params[resource.deploymentId] ?? '');
  if ('environmentId' in resource) return environments.get(params[resource.environmentId] ?? '');
  if ('namespace' in resource) return environments.bySlug(params[resource.namespace] ?? '');
  if ('repositoryId' in resource) {
    const repoId = Number(params[resource.repositoryId]);
    return Number.isSafeInteger(repoId) ? { repoId, projectId: null } : null;
  }
  if ('deliveryId' in resource) {
    const repoId = (await inbox.get(params[resource.deliveryId] ?? ''))?.repoId ?? null;
    return repoId === null ? null : { repoId, projectId: null };
  }
  const project = await projects.get(params[resource.projectId] ?? '');
  return project && { repoId: project.repoId, projectId: project.id };
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
  user: 'a person',
};

const PERSON = {
  read: 'a person who may read the repository',
  write: 'a person who may write to the repository',
  admin: 'an administrator of the repository',
  self: 'a person',
  session: 'a person who is signed in',
  administrator: 'an administrator of this server',
} as const;

function refuse(verdict: Verdict, { permission, resource }: Operation): void {
  if (verdict === 'yes') return;
  const person = personNeeds(permission);
  const actors = actorsFor(permission).map((kind) =>
    kind === 'user' && person ? PERSON[person] : ACTOR[kind],
  );
  const messages = {
    unauthorized: `This needs a token of ${actors.join(' or ')}.`,
    forbidden: `This token cannot do that: it needs one of ${actors.join(' or ')}.`,
    not_found: `There is no such ${nounOf(resource)}.`,
  };
  throw new VitrineError(verdict, messages[verdict]);
}

function nounOf(resource: ResourceParameter | undefined): string {
  const [parameter = 'deploymentId'] = Object.keys(resource ?? {});
  return parameter === 'namespace' ? 'environment' : parameter.replace(/Id$/, '');
}
