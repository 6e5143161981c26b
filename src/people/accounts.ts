import { VitrineError } from '../shared/errors.js';
import type { Clock } from '../shared/tools.js';
import type { AccountMailsPorts } from './account-mails.js';
import { type AccountRulesPorts, requirePasswords } from './account-rules.js';
import { hashToken } from './api-token.js';
import type { InvitationPorts } from './invitation.js';
import { acceptInvitations } from './invite.js';
import type { MemberPorts } from './member.js';
import { checkPassword, type PasswordPorts, type PasswordStorePorts } from './password.js';
import { isSecret, type SessionPorts } from './session.js';
import { countTry, type RequestRatePorts } from './request-rates.js';
import { emailKey, type User, type UserPorts } from './user.js';

export type AccountPorts = UserPorts &
  SessionPorts &
  PasswordPorts &
  PasswordStorePorts &
  InvitationPorts &
  MemberPorts &
  AccountMailsPorts &
  AccountRulesPorts &
  RequestRatePorts & { readonly clock: Clock };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Limits on what strangers may try, counted across all processes. */
const LIMITS = {
  /** Mails to one address: more would be a way to annoy its owner. */
  mailsTo: { most: 3, perMs: HOUR_MS },
  mailsFrom: { most: 20, perMs: HOUR_MS },
  triesOf: { most: 10, perMs: 15 * MINUTE_MS },
  triesFrom: { most: 60, perMs: 15 * MINUTE_MS },
} as const;

type Counting = Pick<AccountPorts, 'requestRates' | 'clock'>;

/** Counts an attempt. False when it is one too many. */
async function isWithin(
  ports: Counting,
  { limit, of }: { readonly limit: keyof typeof LIMITS; readonly of: string },
): Promise<boolean> {
  const { most, perMs } = LIMITS[limit];
  return (await countTry(ports, { key: `${limit}:${of}`, perMs })) <= most;
}

interface Stranger {
  readonly email: string;
  /** The IP address that the request came from. */
  readonly address: string;
}

/** Sends a link that makes an account, or, to people who have one, a mail that says so. */
export async function requestSignUp(ports: AccountPorts, stranger: Stranger): Promise<void> {
  requirePasswords(ports, 'sign-up');
  await requestMail(ports, { ...stranger, mail: 'sign-up' });
}

/** Sends a link for a new password. */
export async function requestReset(ports: AccountPorts, stranger: Stranger): Promise<void> {
  requirePasswords(ports, 'sign-in');
  await requestMail(ports, { ...stranger, mail: 'reset' });
}

/** The same steps for every address: whether it has an account is looked up by the worker that sends the mail. */
async function requestMail(
  ports: AccountPorts,
  { email, address, mail }: Stranger & { readonly mail: 'sign-up' | 'reset' },
): Promise<void> {
  if (!(await isWithin(ports, { limit: 'mailsFrom', of: address }))) throw tooMany('an hour');
  const to = emailKey(email);
  if (await isWithin(ports, { limit: 'mailsTo', of: to })) await ports.accountMails.request({ mail, to });
}

function tooMany(wait: string): VitrineError {
  return new VitrineError('too_many_requests', `Too many attempts. Try again in ${wait}.`);
}

/** The address that a link of a mail proves; null when the link does not work any more. */
export async function emailOfLink(
  ports: Pick<AccountPorts, 'verifications' | 'clock'>,
  token: string,
): Promise<string | null> {
  return isSecret(token) ? ports.verifications.find(hashToken(token), ports.clock.now()) : null;
}

export async function isResetLink(
  ports: Pick<AccountPorts, 'passwordResets' | 'clock'>,
  token: string,
): Promise<boolean> {
  return isSecret(token) && (await ports.passwordResets.find(hashToken(token), ports.clock.now())) !== null;
}

/**
 * Makes the account of the person who opened the link. The password is chosen here and not before: what a stranger asks for in the name of
 * another person must not become a way into that person's account.
 */
export async function completeSignUp(
  ports: AccountPorts,
  { token, name, password }: { readonly token: string; readonly name: string; readonly password: string },
): Promise<User> {
  requirePasswords(ports, 'sign-up');
  const email = await emailOfLink(ports, token);
  if (email === null) throw deadLink('sign up');
  checkPassword(password, email);
  const hash = await ports.passwords.hash(password);
  if ((await ports.verifications.use(hashToken(token), ports.clock.now())) === null)
    throw deadLink('sign up');
  const user = await ports.users.create({ ...NOBODY, name, email, emailVerified: true });
  if (user === null) throw new VitrineError('conflict', 'This address has an account already: sign in.');
  await ports.passwordHashes.set(user.id, hash);
  await acceptInvitations(ports, user);
  return user;
}

const NOBODY = { login: null, avatarUrl: null, githubId: null, googleId: null, openId: null } as const;

function deadLink(next: string): VitrineError {
  const message = `This link does not work any more: it was used, a newer one was sent, or its time is over. Begin again: ${next}.`;
  return new VitrineError('unprocessable', message);
}

interface SigningIn extends Stranger {
  readonly password: string;
  /** The person whose session the browser has, and that session. */
  readonly known: { readonly userId: string; readonly sessionId: string } | null;
}

/**
 * The person with this address and password. Attempts are slowed down for each account and for each caller. Who comes from a session of
 * the same person has a count of their own, so that strangers cannot lock the owner out.
 */
export async function signInWithPassword(
  ports: AccountPorts,
  { email, address, password, known }: SigningIn,
): Promise<User> {
  requirePasswords(ports, 'sign-in');
  if (!(await isWithin(ports, { limit: 'triesFrom', of: address }))) throw tooMany('15 minutes');
  const key = emailKey(email);
  const user = await ports.users.byProvenEmail(key);
  const isKnown = known !== null && known.userId === user?.id;
  const of = isKnown ? `session ${known.sessionId}` : key;
  if (!(await isWithin(ports, { limit: 'triesOf', of })))
    throw new VitrineError(
      'too_many_requests',
      'Too many attempts for this address. Try again in 15 minutes, or ask for a link for a new password.',
    );
  const hash = user ? await ports.passwordHashes.get(user.id) : null;
  const matches = await ports.passwords.matches(hash, password);
  if (!user || !matches || !user.active)
    throw new VitrineError('unauthorized', 'The e-mail address or the password is wrong.');
  return user;
}

/** Sets a new password by a link of a mail, and ends every session of the person. */
export async function resetPassword(
  ports: AccountPorts,
  { token, password }: { readonly token: string; readonly password: string },
): Promise<User> {
  requirePasswords(ports, 'sign-in');
  const hashed = isSecret(token) ? hashToken(token) : '';
  const owner = await ports.passwordResets.find(hashed, ports.clock.now());
  const user = owner === null ? null : await ports.users.get(owner);
  if (!user?.active) throw deadLink('ask for a new password');
  checkPassword(password, user.email ?? '');
  const hash = await ports.passwords.hash(password);
  if ((await ports.passwordResets.use(hashed, ports.clock.now())) === null)
    throw deadLink('ask for a new password');
  await ports.passwordHashes.set(user.id, hash);
  await ports.sessions.endAll(user.id);
  await tellOfChange(ports, user);
  return user;
}

interface Changing {
  readonly user: User;
  readonly sessionId: string;
  /** Not needed by people who have none yet. */
  readonly current: string | null;
  readonly password: string;
}

/** Sets a password from a session, and ends the person's other sessions. */
export async function changePassword(
  ports: AccountPorts,
  { user, sessionId, current, password }: Changing,
): Promise<void> {
  requirePasswords(ports, 'sign-in');
  if (!user.emailVerified || user.email === null)
    throw new VitrineError(
      'unprocessable',
      'Your account has no proven e-mail address, so nobody could sign in with a password: sign in once with a provider that proves one.',
    );
  if (!(await isWithin(ports, { limit: 'triesOf', of: `session ${sessionId}` }))) throw tooMany('15 minutes');
  const before = await ports.passwordHashes.get(user.id);
  checkPassword(password, user.email);
  if (before !== null && !(await ports.passwords.matches(before, current ?? '')))
    throw new VitrineError('unprocessable', 'The current password is wrong.');
  await ports.passwordHashes.set(user.id, await ports.passwords.hash(password));
  await ports.sessions.endAll(user.id, sessionId);
  await tellOfChange(ports, user);
}

async function tellOfChange({ accountMails }: AccountMailsPorts, { email }: User): Promise<void> {
  if (email !== null && accountMails.available)
    await accountMails.request({ mail: 'password-changed', to: email });
}
