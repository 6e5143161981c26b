import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { AuditPorts } from './audit-log.js';
import { sealTokens } from './github-access.js';
import type { GitHubConnectionPorts, TokenSealPorts } from './github-connection.js';
import type { InvitationPorts } from './invitation.js';
import { acceptInvitations } from './invite.js';
import type { MemberPorts } from './member.js';
import { newSession, type Session, type SessionPorts } from './session.js';
import type { Proven, ProvenPerson } from './sign-in.js';
import type { User, UserPatch, UserPorts } from './user.js';

type Ports = UserPorts &
  MemberPorts &
  InvitationPorts &
  SessionPorts &
  GitHubConnectionPorts &
  TokenSealPorts &
  AuditPorts &
  Pick<Tools, 'clock' | 'newId'>;

/** The browser, as far as a session remembers it. */
export type Browser = Pick<Session, 'device' | 'address'>;

interface SignIn {
  readonly proven: Proven;
  readonly browser: Browser;
}

/** A person proved an account: they are signed in, and known from now on if they were not. */
export async function signInWith(ports: Ports, { proven, browser }: SignIn) {
  const user = await personOf(ports, proven.person);
  await keepTokens(ports, user, proven);
  await acceptInvitations(ports, user);
  return startSession(ports, { user, way: proven.person.account.provider, browser });
}

interface Start {
  readonly user: User;
  readonly way: string;
  readonly browser: Browser;
}

/** Signs a person in who has proven who they are. Answers the value of the cookie, which is kept nowhere. */
export async function startSession(
  ports: UserPorts & SessionPorts & AuditPorts & Pick<Tools, 'clock' | 'newId'>,
  { user, way, browser }: Start,
): Promise<{ user: User; session: Session; secret: string }> {
  if (!user.active)
    throw new VitrineError(
      'forbidden',
      'This account is closed. Ask the operator of this server to open it.',
    );
  const now = ports.clock.now();
  const { session, secret } = newSession({ id: ports.newId(), userId: user.id, way, ...browser, now });
  await ports.sessions.create(session);
  await ports.users.change(user.id, { signedInAt: now });
  await ports.audit.record({
    actor: user.id,
    action: 'sign-in',
    subject: session.id,
    detail: `With ${way}, from ${browser.address}.`,
  });
  return { user, session, secret };
}

async function personOf(ports: Ports, person: ProvenPerson): Promise<User> {
  const known = await ports.users.byAccount(person.account);
  if (known) return refreshed(ports, known, person);
  await refuseKnownAddress(ports, person);
  const created = await ports.users.create({
    name: person.name ?? nameFrom(person),
    login: person.account.provider === 'github' ? person.account.login : null,
    email: person.email,
    emailVerified: person.email !== null && person.emailVerified,
    avatarUrl: person.avatarUrl,
    ...accountFields(person, { githubId: null, googleId: null, openId: null }),
  });
  // Another request of the same person was first.
  const user = created ?? (await ports.users.byAccount(person.account));
  if (user) return user;
  throw new VitrineError('conflict', 'Two sign-ins met each other. Sign in again.');
}

/**
 * An address that a provider names proves an account there, and not one here: the person proves both first. An address that no person has
 * proven says nothing at all, so it neither links nor stands in the way.
 */
async function refuseKnownAddress(ports: UserPorts, { email, emailVerified }: ProvenPerson): Promise<void> {
  if (email === null || !emailVerified) return;
  const other = await ports.users.byProvenEmail(email);
  if (!other) return;
  const ways = waysOf(other);
  throw new VitrineError(
    'conflict',
    `${email} belongs to a person who signs in ${ways === '' ? 'in another way' : `with ${ways}`}. Sign in that way, and then connect this account on the same page.`,
  );
}

function waysOf({ githubId, googleId, openId }: User): string {
  const ways = [
    ...(githubId === null ? [] : ['GitHub']),
    ...(googleId === null ? [] : ['Google']),
    ...(openId === null ? [] : ['the OpenID provider']),
  ];
  return ways.join(' or ');
}

function nameFrom({ email, account }: ProvenPerson): string {
  if (account.provider === 'github') return account.login;
  return email?.split('@')[0] ?? 'Somebody';
}

type AccountFields = Pick<User, 'githubId' | 'googleId' | 'openId'>;

function accountFields({ account }: ProvenPerson, others: AccountFields): AccountFields {
  if (account.provider === 'github') return { ...others, githubId: account.id };
  if (account.provider === 'google') return { ...others, googleId: account.id };
  const { issuer, subject } = account;
  return { ...others, openId: { issuer, subject } };
}

/** What the provider says now: a login may be a new one, and an address may be proven by now. */
async function refreshed(ports: Ports, known: User, person: ProvenPerson): Promise<User> {
  const isNamedByWebhook = known.name === known.login && person.name !== null;
  const patch: UserPatch = {
    ...(person.account.provider === 'github' && { login: person.account.login }),
    ...(isNamedByWebhook && person.name !== null && { name: person.name }),
    ...(person.avatarUrl !== null && { avatarUrl: person.avatarUrl }),
  };
  const changed = (await ports.users.change(known.id, patch)) ?? known;
  return withAddress(ports, changed, person);
}

/** A proven address stays until the person changes it, and an address that is proven by another person is not taken. */
async function withAddress(
  ports: UserPorts,
  user: User,
  { email, emailVerified }: ProvenPerson,
): Promise<User> {
  if (user.emailVerified || email === null) return user;
  const taken = emailVerified && (await ports.users.byProvenEmail(email)) !== null;
  if (taken || (!emailVerified && user.email !== null)) return user;
  return (await ports.users.change(user.id, { email, emailVerified })) ?? user;
}

/** The signed-in person proved a second account in the same browser: from now on they can sign in with either. */
export async function linkAccount(
  ports: Ports,
  { user, proven }: { user: User; proven: Proven },
): Promise<User> {
  const { person } = proven;
  const owner = await ports.users.byAccount(person.account);
  if (owner && owner.id !== user.id) await absorb(ports, { owner, user });
  refuseSecond(user, person);
  const patch: UserPatch = {
    ...accountFields(person, user),
    ...(person.account.provider === 'github' && { login: person.account.login }),
    ...(user.avatarUrl === null && { avatarUrl: person.avatarUrl }),
  };
  const linked = await ports.users.change(user.id, patch);
  if (!linked) throw new VitrineError('unauthorized', 'You are not signed in any more: sign in again.');
  await keepTokens(ports, linked, proven);
  const detail = `${person.account.provider} was connected.`;
  await ports.audit.record({ actor: user.id, action: 'link-account', subject: user.id, detail });
  return withAddress(ports, linked, person);
}

/** Webhooks know people who never signed in here. Such a document is no person of its own: it becomes part of the one who proved it. */
async function absorb(ports: Ports, { owner, user }: { owner: User; user: User }): Promise<void> {
  if (owner.signedInAt !== null)
    throw new VitrineError(
      'conflict',
      'This account belongs to another person of this server. Sign out, and sign in with it.',
    );
  await ports.members.move(owner.id, user.id);
  await ports.users.remove(owner.id);
}

function refuseSecond(user: User, { account }: ProvenPerson): void {
  const has =
    (account.provider === 'github' && user.githubId !== null && user.githubId !== account.id) ||
    (account.provider === 'google' && user.googleId !== null && user.googleId !== account.id) ||
    (account.provider === 'openid' && user.openId !== null && user.openId.subject !== account.subject);
  if (has)
    throw new VitrineError(
      'conflict',
      'Another account of this provider is connected already: disconnect it first.',
    );
}

async function keepTokens(ports: Ports, { id: userId }: User, { person, tokens }: Proven): Promise<void> {
  if (!tokens || person.account.provider !== 'github') return;
  const { id: githubId, login } = person.account;
  const connectedAt = ports.clock.now();
  await ports.connections.save({
    userId,
    githubId,
    login,
    connectedAt,
    ...sealTokens(ports, userId, tokens),
  });
}
