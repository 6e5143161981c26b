import type { account, AccountView, SessionView } from '../../../src/contract/people/account.js';
import { disconnectAccount } from '../../../src/people/disconnect.js';
import type { GitHubConnection } from '../../../src/people/github-connection.js';
import { requestProof, type Session } from '../../../src/people/session.js';
import { accountsOf, isAdministrator, type User, type UserPatch } from '../../../src/people/user.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Ports } from '../../ports.js';
import type { Caller } from '../access.js';
import { found, type Handlers, isoOrNull, pageOf } from '../handler.js';

export const accountHandlers: Handlers<typeof account> = {
  async getAccount(ports, { caller, session }) {
    const view = await present(ports, await personOf(ports, caller));
    return { ...view, csrfToken: session && requestProof(session, 'write') };
  },

  async changeAccount(ports, { caller, body: { name, preferences } }) {
    const user = await personOf(ports, caller);
    const patch: UserPatch = {
      ...(name !== undefined && { name }),
      ...(preferences && { preferences: { ...user.preferences, ...withoutUndefined(preferences) } }),
    };
    return present(ports, found(await ports.users.change(user.id, patch), 'person'));
  },

  async disconnectAccount(ports, { caller, params: { provider } }) {
    const user = await personOf(ports, caller);
    return present(ports, await disconnectAccount(ports, { user, provider }));
  },

  async listSessions(ports, { caller, query }) {
    const { id: userId } = await personOf(ports, caller);
    const { items, nextCursor } = await ports.sessions.ofUser(userId, pageOf(query));
    return { items: items.map((one) => presentSession(one, caller)), nextCursor };
  },

  async endSession(ports, { caller, params }) {
    const { id: userId } = await personOf(ports, caller);
    if (await ports.sessions.end(userId, params.id)) return { ended: 1 };
    throw new VitrineError('not_found', 'There is no such session.');
  },

  async endSessions(ports, { caller, query, session }) {
    const { id: userId } = await personOf(ports, caller);
    const except = query.keep_current === 'true' ? session?.id : undefined;
    return { ended: await ports.sessions.endAll(userId, except) };
  },
};

/** The person who asks. Operators and runs are none. */
export async function personOf({ users }: Pick<Ports, 'users'>, caller: Caller): Promise<User> {
  if (caller.kind !== 'user') throw new VitrineError('forbidden', 'Only a person has an account.');
  return found(await users.get(caller.userId), 'person');
}

async function present({ admins, connections }: Ports, user: User): Promise<AccountView> {
  const { id, name, login, email, emailVerified, avatarUrl, preferences, createdAt } = user;
  return {
    ...{ id, name, login, email, emailVerified, avatarUrl, preferences },
    administrator: isAdministrator(user, admins),
    accounts: accountsOf(user),
    githubConnection: presentConnection(await connections.get(id)),
    createdAt: createdAt.toISOString(),
  };
}

function presentConnection(connection: GitHubConnection | null): AccountView['githubConnection'] {
  return {
    state: connection === null ? 'none' : connection.brokenAt ? 'ended' : 'connected',
    login: connection?.login ?? null,
    scope: connection?.scope ?? null,
    connectedAt: isoOrNull(connection?.connectedAt ?? null),
  };
}

function presentSession(session: Session, caller: Caller): SessionView {
  const { id, way, device, address, createdAt, lastUsedAt, expiresAt } = session;
  return {
    ...{ id, way, device, address },
    current: caller.kind === 'user' && caller.sessionId === id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
