import {
  type AccountMail,
  type AccountMails,
  type AccountMailRequest,
  newLink,
  RESET_MINUTES,
  VERIFY_HOURS,
} from '../people/account-mails.js';
import type { AccountRulesPorts } from '../people/account-rules.js';
import { INVITED_DAYS, type InvitationPorts } from '../people/invitation.js';
import type { PasswordStorePorts } from '../people/password.js';
import type { AdministratorPorts, User, UserPorts } from '../people/user.js';
import { oneLine } from '../shared/markdown.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import type { InvitedMail, Mail, MailerPorts, MailResult } from './mailer.js';
import type { AccountEvent, Notification, NotificationPorts } from './notification.js';

export type AccountMailPorts = MailerPorts &
  UserPorts &
  InvitationPorts &
  AccountRulesPorts &
  AdministratorPorts &
  Pick<AddressPorts, 'publicUrl'> &
  PasswordStorePorts;

type Ports = AccountMailPorts & Pick<Tools, 'clock'>;

const EVENTS: Readonly<Record<AccountMail, AccountEvent>> = {
  'sign-up': 'account.sign-up',
  reset: 'account.reset',
  'password-changed': 'account.password-changed',
  invited: 'account.invited',
};

/** The mails of accounts wait where the other notifications do. */
export function createAccountMails(
  ports: Pick<NotificationPorts, 'notifications'> & MailerPorts & Pick<Tools, 'newId'>,
): AccountMails {
  return {
    available: ports.mailer.available,
    async request({ mail, to, project, invitedBy }: AccountMailRequest) {
      const id = ports.newId();
      const account = { project: project ?? null, invitedBy: invitedBy ?? null };
      // Each request is one mail: its id is its key.
      await ports.notifications.add({ id, key: id, medium: 'email', event: EVENTS[mail], to, account });
    },
  };
}

/** Finds out who has the address and which mail that means. Null when no mail is to be sent. */
export async function sendAccountMail(
  ports: Ports,
  { id, event, to, account }: Notification,
): Promise<MailResult | null> {
  if (to === null) return null;
  const user = await ports.users.byProvenEmail(to);
  const mail = await mailOf(ports, { event: event as AccountEvent, to, user, account });
  return mail && ports.mailer.send({ ...mail, to, id } as Mail);
}

interface Addressed extends Pick<Notification, 'account'> {
  readonly event: AccountEvent;
  readonly to: string;
  readonly user: User | null;
}

type Content = {
  [Kind in Mail['kind']]: Pick<Extract<Mail, { kind: Kind }>, 'kind' | 'model'>;
}[Mail['kind']];

async function mailOf(ports: Ports, { event, to, user, account }: Addressed): Promise<Content | null> {
  const { publicUrl } = ports;
  switch (event) {
    case 'account.sign-up':
      return user ? hasAccount(ports) : verification(ports, to);
    case 'account.reset':
      return user ? resetLink(ports, user) : null;
    case 'account.password-changed':
      return user && { kind: 'password-changed', model: { reset: `${publicUrl}/reset-password` } };
    case 'account.invited': {
      const { project, invitedBy } = account ?? {};
      const names = { project: oneLine(project?.name ?? '', 100), by: oneLine(invitedBy ?? '', 100) };
      return { kind: 'invited', model: { ...names, ...wayIn(ports, user) } };
    }
  }
}

/** How the person who was invited sees the project. */
function wayIn(ports: Ports, user: User | null): Omit<InvitedMail, 'project' | 'by'> {
  const makesAccount = user === null && takesNew(ports);
  return {
    isMember: user !== null,
    makesAccount,
    days: INVITED_DAYS,
    href: `${ports.publicUrl}/${makesAccount ? 'sign-up' : 'sign-in'}`,
    action: makesAccount ? 'Make an account' : 'Sign in',
  };
}

function hasAccount({ publicUrl }: Ports): Content {
  const model = { signIn: `${publicUrl}/sign-in`, reset: `${publicUrl}/reset-password` };
  return { kind: 'has-account', model };
}

async function verification(ports: Ports, email: string): Promise<Content | null> {
  if (!(await maySignUp(ports, email))) return null;
  const { verifications, clock, publicUrl } = ports;
  const minutes = VERIFY_HOURS * 60;
  const token = await newLink(verifications, { owner: email, now: clock.now(), minutes });
  return {
    kind: 'verify-email',
    model: { href: `${publicUrl}/verify-email?token=${token}`, hours: VERIFY_HOURS },
  };
}

function takesNew({ passwordAccounts }: Ports): boolean {
  return passwordAccounts === 'open' || passwordAccounts === 'invited';
}

async function maySignUp(
  { passwordAccounts, admins, invitations, clock }: Ports,
  email: string,
): Promise<boolean> {
  if (passwordAccounts === 'open') return true;
  if (passwordAccounts !== 'invited') return false;
  return admins.includes(email) || invitations.isInvited(email, clock.now());
}

async function resetLink(ports: Ports, user: User): Promise<Content | null> {
  if (!user.active) return null;
  const { publicUrl, passwordResets, clock } = ports;
  // Who signs in with GitHub or another provider does not get a second way in by mail.
  const hasProvider = user.githubId !== null || user.googleId !== null || user.openId !== null;
  if (hasProvider && (await ports.passwordHashes.get(user.id)) === null)
    return { kind: 'no-password', model: { signIn: `${publicUrl}/sign-in` } };
  const token = await newLink(passwordResets, { owner: user.id, now: clock.now(), minutes: RESET_MINUTES });
  return {
    kind: 'reset-password',
    model: { href: `${publicUrl}/reset-password?token=${token}`, minutes: RESET_MINUTES },
  };
}
