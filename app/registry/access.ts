import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { DeploymentPorts } from '../../src/deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../../src/environments/store.js';
import { isImageName, namespaceOf } from '../../src/images/name.js';
import { RegistryError } from '../../src/images/registry-error.js';
import type { ImageRepository } from '../../src/images/store.js';
import { hashToken, type TokenPorts, type TokenScope } from '../../src/people/api-token.js';
import { type Actor, can, type Permission, type Resource } from '../../src/people/policies.js';
import type { RightsPorts } from '../../src/people/rights.js';
import { UNSETTLED_DEPLOYMENTS } from '../../src/shared/status/deployment.js';
import type { Clock } from '../../src/shared/tools.js';

export type AccessPorts = EnvironmentPorts &
  DeploymentPorts &
  TokenPorts &
  RightsPorts & { readonly clock: Clock; readonly publicUrl: string };

/** Whom the token of a request speaks for; null without one, and for one that is not known. */
export async function findCaller(
  { tokens, clock }: AccessPorts,
  { headers }: Pick<IncomingMessage, 'headers'>,
): Promise<TokenScope | null> {
  const token = tokenOf(headers.authorization);
  if (token === null) return null;
  return tokens.find(hashToken(token), clock.now());
}

const LONGEST = 16 * 1024;

/** Docker sends a token as a password to be exchanged, and then as a bearer. The user name says nothing. */
export function tokenOf(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > LONGEST) return null;
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return null;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  return decoded.slice(decoded.indexOf(':') + 1) || null;
}

export interface Entry {
  readonly repository: ImageRepository;
  /** Whether the caller may push here too. */
  readonly mayPush: boolean;
}

interface Asked {
  readonly name: string;
  readonly action: 'pull' | 'push';
}

type Visitor = Asked & { readonly request: Pick<IncomingMessage, 'headers'> };

/** So long a caller who was let in is let in again without a look. A push asks for each of its layers, several at once. */
const ENTRY_MS = 1_000;
const MOST_ENTRIES = 1_000;

export interface Entrance {
  /** Lets callers into the repositories that they name, if they may do there what they ask for. */
  readonly enter: (visitor: Visitor) => Promise<Entry>;
  /** This caller asks for a repository next: looks up now what they may do there. */
  readonly expect: (visitor: Omit<Visitor, 'action'> & { readonly caller: TokenScope }) => Promise<void>;
}

export function createEntrance(ports: AccessPorts): Entrance {
  const guests = new LRUCache<string, Promise<Guest>>({ max: MOST_ENTRIES, ttl: ENTRY_MS });
  const find = (key: string, look: () => Promise<Guest>): Promise<Guest> => {
    const known = guests.get(key);
    if (known) return known;
    const guest = look();
    guests.set(key, guest);
    guest.catch(() => guests.delete(key));
    return guest;
  };
  return {
    async enter({ request, name, action }) {
      if (!isImageName(name))
        throw new RegistryError(
          'NAME_INVALID',
          'A name has lower-case letters, digits and . _ - between slashes.',
        );
      const key = keyOf(request, name, action);
      const guest = await find(key, () => guestOf(ports, name, findCaller(ports, request)));
      // Who was refused may be let in at the next try.
      if (!(action === 'push' ? guest.mayPush : guest.mayPull)) guests.delete(key);
      return letIn(ports, { name, action }, guest);
    },
    async expect({ request, name, caller }) {
      if (!isImageName(name)) return;
      let looking: Promise<Guest> | undefined;
      const look = () => (looking ??= guestOf(ports, name, Promise.resolve(caller)));
      const actions = ['pull', 'push'] as const;
      await Promise.all(actions.map((action) => find(keyOf(request, name, action), look)));
    },
  };
}

/** Pushing is not derived from what an earlier pull has seen. */
function keyOf({ headers }: Visitor['request'], name: string, action: Asked['action']): string {
  return `${hashToken(tokenOf(headers.authorization) ?? '')} ${action} ${name}`;
}

/** Who asks for a repository, and what they may do there. */
interface Guest {
  readonly caller: TokenScope | null;
  readonly environment: StoredEnvironment | null;
  readonly mayPull: boolean;
  readonly mayPush: boolean;
}

async function guestOf(
  ports: AccessPorts,
  name: string,
  finding: Promise<TokenScope | null>,
): Promise<Guest> {
  const [caller, environment] = await Promise.all([finding, ports.environments.bySlug(namespaceOf(name))]);
  if (caller === null || environment === null) return { caller, environment, mayPull: false, mayPush: false };
  const resource = await resourceFor(ports, { caller, environment });
  const may = (permission: Permission) => can(actorOf(caller), permission, resource) === 'yes';
  return { caller, environment, mayPull: may('image.pull'), mayPush: may('image.push') };
}

function letIn(ports: AccessPorts, { name, action }: Asked, guest: Guest): Entry {
  const { caller, environment, mayPull, mayPush } = guest;
  if (caller === null) throw challenge(ports, { name, action });
  if (environment === null || !(action === 'push' ? mayPush : mayPull)) {
    // A caller who may not push learns which right is missing; one who may not pull does not learn what exists.
    if (action === 'push') throw challenge(ports, { name, action });
    throw new RegistryError('NAME_UNKNOWN', `There is no repository ${name}.`);
  }
  const { id: environmentId, projectId } = environment;
  return { repository: { name, environmentId, projectId }, mayPush };
}

function actorOf(caller: TokenScope): Actor {
  return caller.kind === 'user' ? { ...caller, administrator: false, sessionId: null } : caller;
}

/** A run may push while it deploys the newest state of the environment, and no longer. */
async function resourceFor(
  ports: AccessPorts,
  { caller, environment }: { caller: TokenScope; environment: StoredEnvironment },
): Promise<Resource> {
  const { projectId, repoId } = environment;
  if (caller.kind === 'operator') return { projectId };
  if (caller.kind === 'user')
    return { projectId, role: await ports.rights.roleOn(caller.userId, { repoId, projectId }) };
  const deployment = await ports.deployments.get(caller.deploymentId);
  const isOurs =
    deployment?.environmentId === environment.id &&
    deployment.generation === environment.generation &&
    UNSETTLED_DEPLOYMENTS.includes(deployment.status);
  return isOurs ? { deploymentId: deployment.id, projectId } : { projectId };
}

/** Tells the client where it gets a token, and for what: https://distribution.github.io/distribution/spec/auth/token/ */
export function challenge({ publicUrl }: Pick<AccessPorts, 'publicUrl'>, asked: Asked | null): RegistryError {
  const actions = asked?.action === 'push' ? 'pull,push' : 'pull';
  const scope = asked ? `,scope="repository:${asked.name}:${actions}"` : '';
  const host = new URL(publicUrl).host;
  return new RegistryError(
    'UNAUTHORIZED',
    'This needs a token: log in with the token of a run as the password.',
    {
      'www-authenticate': `Bearer realm="${publicUrl}/v2/token",service="${host}"${scope}`,
    },
  );
}
