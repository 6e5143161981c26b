import type { administration, AuditEntryView, UserView } from '../../../src/contract/administration.js';
import type { StoredAuditEntry } from '../../../src/people/audit-log.js';
import { setActive } from '../../../src/people/open-account.js';
import { accountsOf, isAdministrator, type User } from '../../../src/people/user.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Ports } from '../../ports.js';
import { type Handlers, isoOrNull, nameOf, pageOf } from '../handler.js';

type OfPeople = Pick<Handlers<typeof administration>, 'listUsers' | 'changeUser' | 'listAudit'>;

export const peopleHandlers: OfPeople = {
  async listUsers(ports, { query: { q: search, active, ...page } }) {
    const filter = {
      ...(search !== undefined && { search }),
      ...(active !== undefined && { active: active === 'true' }),
    };
    const { items, nextCursor } = await ports.users.list(filter, pageOf(page));
    return { items: items.map((user) => presentUser(ports, user)), nextCursor };
  },

  async changeUser(ports, { params, body: { active }, caller }) {
    const by = { name: nameOf(caller), userId: caller.kind === 'user' ? caller.userId : null };
    return presentUser(ports, await setActive(ports, { userId: params.id, active, by }));
  },

  async listAudit(ports, { query: { actor, action, subject, ...page } }) {
    const filter = {
      ...(actor !== undefined && { actor }),
      ...(action !== undefined && { action }),
      ...(subject !== undefined && { subject }),
    };
    const [first, second] = Object.keys(filter);
    if (second !== undefined)
      throw new VitrineError('bad_request', `${first} and ${second} cannot be combined: give one of them.`);
    const { items, nextCursor } = await ports.audit.list(filter, pageOf(page));
    const names = await namesOf(ports, items);
    return { items: items.map((entry) => presentEntry(entry, names)), nextCursor };
  },
};

function presentUser({ admins }: Pick<Ports, 'admins'>, user: User): UserView {
  const { id, name, login, email, emailVerified, active, signedInAt, createdAt } = user;
  return {
    ...{ id, name, login, email, emailVerified, active },
    accounts: accountsOf(user),
    administrator: isAdministrator(user, admins),
    signedInAt: isoOrNull(signedInAt),
    createdAt: createdAt.toISOString(),
  };
}

type Entries = readonly StoredAuditEntry[];

/** Some entries name a person by their id. */
async function namesOf(
  { users }: Pick<Ports, 'users'>,
  entries: Entries,
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(entries.map(({ actor }) => actor))].filter((actor) => /^[0-9a-f]{24}$/.test(actor));
  const found = await Promise.all(ids.map((id) => users.get(id)));
  return new Map(found.flatMap((user) => (user ? [[user.id, user.name]] : [])));
}

function presentEntry(entry: StoredAuditEntry, names: ReadonlyMap<string, string>): AuditEntryView {
  return { ...entry, at: entry.at.toISOString(), actorName: names.get(entry.actor) ?? null };
}
