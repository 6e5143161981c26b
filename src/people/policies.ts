import type { TokenScope } from './api-token.js';

/** Who asks: a caller without a token, a workflow run by its OIDC token, a run by the token of its deployment, or an operator. */
export type Actor = { readonly kind: 'anonymous' | 'identity' } | TokenScope;

export type ActorKind = Actor['kind'];

/** What a request is about, as far as rights depend on it. */
export interface Resource {
  readonly deploymentId?: string | undefined;
}

/** `own`: only what belongs to the actor. A kind of actor that a row does not name is refused. */
type Rights = Readonly<Partial<Record<ActorKind, 'any' | 'own'>>>;

const EVERYONE: Rights = { anonymous: 'any', identity: 'any', run: 'any', operator: 'any' };
const OPERATORS: Rights = { operator: 'any' };
const OWN_RUN: Rights = { run: 'own' };

const POLICIES = {
  'server.read': EVERYONE,
  'environment.read': OPERATORS,
  'environment.destroy': OPERATORS,
  'deployment.start': { identity: 'any' },
  'deployment.read': { ...OWN_RUN, ...OPERATORS },
  'deployment.report': OWN_RUN,
  'deployment.upload': OWN_RUN,
  'resource.remove': { identity: 'any' },
  'delivery.read': OPERATORS,
  'leak.read': OPERATORS,
} as const satisfies Readonly<Record<string, Rights>>;

/** What can be done, by the name that operations declare. */
export type Permission = keyof typeof POLICIES;

/** `yes`, or the code of the error that the actor gets. */
export type Verdict = 'yes' | 'unauthorized' | 'forbidden' | 'not_found';

/** The one place that says what an actor may do. */
export function can(actor: Actor, permission: Permission, resource: Resource = {}): Verdict {
  const reach = rightsOf(permission)[actor.kind];
  if (reach === undefined) return actor.kind === 'anonymous' ? 'unauthorized' : 'forbidden';
  // What belongs to another actor is "not found", so that ids cannot be tried out.
  return reach === 'any' || owns(actor, resource) ? 'yes' : 'not_found';
}

/** The kinds of actor that a permission is for, for messages and descriptions. */
export function actorsFor(permission: Permission): readonly ActorKind[] {
  return Object.keys(rightsOf(permission)) as ActorKind[];
}

function rightsOf(permission: Permission): Rights {
  return POLICIES[permission];
}

function owns(actor: Actor, { deploymentId }: Resource): boolean {
  return actor.kind === 'run' && actor.deploymentId === deploymentId;
}
