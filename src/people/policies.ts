import type { Ability, TokenScope } from './api-token.js';

/** What a person may do in a repository or a project, smallest first. */
export const ROLES = ['read', 'write', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A signed-in person, or a program with one of their API tokens. */
export interface UserActor {
  readonly kind: 'user';
  readonly userId: string;
  /** For messages and the audit log. */
  readonly name: string;
  /** Named in the configuration: has every role everywhere. */
  readonly administrator: boolean;
  readonly abilities: readonly Ability[];
  /** The projects that the token is bound to; null for no bounds. */
  readonly projectIds: readonly string[] | null;
  /** Null for a token. */
  readonly sessionId: string | null;
}

/** Who asks: a caller without a token, a workflow run by its OIDC token, a run by the token of its deployment, an operator, or a person. */
export type Actor =
  { readonly kind: 'anonymous' | 'identity' } | Exclude<TokenScope, { kind: 'user' }> | UserActor;

export type ActorKind = Actor['kind'];

/** What a request is about, as far as rights depend on it. */
export interface Resource {
  readonly deploymentId?: string | undefined;
  readonly projectId?: string | undefined;
  /** What the actor may do there; null for nothing. Only people have one. */
  readonly role?: Role | null | undefined;
}

/**
 * What a kind of actor needs. `own`: the resource belongs to the run. For people: a role on the resource; `self`: to be signed in, for
 * lists of what they may see and for their own account; `session`: the same, but not by a token; `administrator`: to be one.
 */
interface Rights {
  readonly anonymous?: 'any';
  readonly identity?: 'any';
  readonly run?: 'any' | 'own';
  readonly operator?: 'any';
  readonly user?: UserRight;
}
type UserRight = Role | 'self' | 'session' | 'administrator';

const EVERYONE: Rights = { anonymous: 'any', identity: 'any', run: 'any', operator: 'any', user: 'self' };
const LISTS: Rights = { operator: 'any', user: 'self' };
const READERS: Rights = { operator: 'any', user: 'read' };
const WRITERS: Rights = { operator: 'any', user: 'write' };
const ADMINS: Rights = { operator: 'any', user: 'admin' };
const ADMINISTRATORS: Rights = { operator: 'any', user: 'administrator' };
const OWN_RUN: Rights = { run: 'own' };
/** About a person's own account: reading it by a token too, changing it in the browser only. */
const OWN_ACCOUNT: Rights = { user: 'self' };
const IN_BROWSER: Rights = { user: 'session' };

const POLICIES = {
  'server.read': EVERYONE,
  'environment.list': LISTS,
  'environment.read': READERS,
  'environment.destroy': WRITERS,
  'environment.approve': WRITERS,
  'environment.extend': WRITERS,
  'environment.pin': WRITERS,
  'environment.redeploy': WRITERS,
  'environment.cancel': WRITERS,
  'environment.wake': WRITERS,
  'environment.share': WRITERS,
  'repository.list': LISTS,
  'repository.read': READERS,
  'project.list': LISTS,
  'project.read': READERS,
  'project.add': ADMINS,
  'project.change': ADMINS,
  'project.delete': ADMINS,
  'deployment.start': { identity: 'any' },
  'deployment.list': LISTS,
  'deployment.delete': ADMINS,
  'deployment.read': { ...OWN_RUN, ...READERS },
  'deployment.report': OWN_RUN,
  'log.search': READERS,
  'deployment.upload': OWN_RUN,
  'resource.remove': { identity: 'any' },
  'project.statistics': READERS,
  'server.statistics': ADMINISTRATORS,
  // Payloads name people and branches: who may write to the repository sees them.
  'delivery.list': LISTS,
  'delivery.read': WRITERS,
  'delivery.replay': WRITERS,
  'target.list': LISTS,
  'leak.read': ADMINISTRATORS,
  'image.push': OWN_RUN,
  'image.pull': { ...OWN_RUN, ...WRITERS },
  'member.invite': ADMINS,
  'channel.read': WRITERS,
  'channel.change': ADMINS,
  'notification.read': WRITERS,
  'notification.send': WRITERS,
  'account.sign-in': EVERYONE,
  'account.read': OWN_ACCOUNT,
  'account.change': IN_BROWSER,
  'configuration.read': READERS,
  'configuration.write': ADMINS,
  'organization.configure': ADMINISTRATORS,
  'key.read': ADMINISTRATORS,
  'user.list': ADMINISTRATORS,
  'user.change': ADMINISTRATORS,
  'user.picture': LISTS,
  'audit.read': ADMINISTRATORS,
  'instance.read': ADMINISTRATORS,
} as const satisfies Readonly<Record<string, Rights>>;

/** What can be done, by the name that operations declare. */
export type Permission = keyof typeof POLICIES;

/** `yes`, or the code of the error that the actor gets. */
export type Verdict = 'yes' | 'unauthorized' | 'forbidden' | 'not_found';

/** The one place that says what an actor may do. */
export function can(actor: Actor, permission: Permission, resource: Resource = {}): Verdict {
  const rights = rightsOf(permission);
  if (actor.kind === 'user') return rights.user ? canPerson(actor, rights.user, resource) : 'forbidden';
  const right = rights[actor.kind];
  if (right === undefined) return actor.kind === 'anonymous' ? 'unauthorized' : 'forbidden';
  // What belongs to another actor is "not found", so that ids cannot be tried out.
  return right === 'any' || owns(actor, resource) ? 'yes' : 'not_found';
}

/** The ability that a token needs for a right. */
const NEEDS = {
  read: 'read',
  write: 'deploy',
  admin: 'admin',
  self: 'read',
  administrator: 'admin',
} as const;

function canPerson(actor: UserActor, right: UserRight, resource: Resource): Verdict {
  if (right === 'session') return actor.sessionId === null ? 'forbidden' : 'yes';
  const able = actor.abilities.includes(NEEDS[right]);
  if (right === 'self') return able ? 'yes' : 'forbidden';
  if (right === 'administrator')
    return able && actor.administrator && actor.projectIds === null ? 'yes' : 'forbidden';
  const { projectIds } = actor;
  if (projectIds !== null && !projectIds.includes(resource.projectId ?? '')) return 'not_found';
  const role = actor.administrator ? 'admin' : (resource.role ?? null);
  if (role === null) return 'not_found';
  return able && hasRole(role, right) ? 'yes' : 'forbidden';
}

/** Whether a role includes another one. */
export function hasRole(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** The kinds of actor that a permission is for, for messages and descriptions. */
export function actorsFor(permission: Permission): readonly ActorKind[] {
  return Object.keys(rightsOf(permission)) as ActorKind[];
}

/** What a person needs, for messages and descriptions; null where only others may. */
export function personNeeds(permission: Permission): UserRight | null {
  return rightsOf(permission).user ?? null;
}

function rightsOf(permission: Permission): Rights {
  return POLICIES[permission];
}

function owns(actor: Actor, { deploymentId }: Resource): boolean {
  return actor.kind === 'run' && actor.deploymentId === deploymentId;
}
