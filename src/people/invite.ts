import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { AccountMailsPorts } from './account-mails.js';
import type { AuditPorts } from './audit-log.js';
import { type Invitation, INVITED_DAYS, type InvitationPorts } from './invitation.js';
import type { MemberPorts } from './member.js';
import type { Role } from './policies.js';
import { countTry, type RequestRatePorts } from './request-rates.js';
import { emailKey, type User, type UserPorts } from './user.js';

type Ports = UserPorts &
  MemberPorts &
  InvitationPorts &
  AccountMailsPorts &
  AuditPorts &
  RequestRatePorts &
  Pick<Tools, 'clock' | 'newId'>;

interface Inviting {
  readonly project: { readonly id: string; readonly name: string };
  readonly email: string;
  readonly role: Role;
  readonly by: { readonly id: string; readonly name: string };
}

const DAY_MS = 24 * 60 * 60_000;
/** More would be a way to send mails to strangers in the name of this server. */
const MOST_A_DAY = 50;

/** Makes the person with this address a member, or invites them until they sign in. */
export async function invite(
  ports: Ports,
  { project, email, role, by }: Inviting,
): Promise<Invitation | null> {
  const sent = await countTry(ports, { key: `invite ${project.id}`, perMs: DAY_MS });
  if (sent > MOST_A_DAY)
    throw new VitrineError(
      'too_many_requests',
      `A project can invite ${String(MOST_A_DAY)} people a day. Try again tomorrow.`,
    );
  const to = emailKey(email);
  const user = await ports.users.byProvenEmail(to);
  const invitation = user ? null : await keep(ports, { project, email: to, role, by });
  if (user) await ports.members.set({ projectId: project.id, userId: user.id, role });
  const detail = `${to} as ${role} of ${project.name}.`;
  await ports.audit.record({ actor: by.id, action: 'invite', subject: project.id, detail });
  if (ports.accountMails.available)
    await ports.accountMails.request({ mail: 'invited', to, project, invitedBy: by.name });
  return invitation;
}

async function keep(ports: Ports, { project, email, role, by }: Inviting): Promise<Invitation> {
  const createdAt = ports.clock.now();
  return ports.invitations.save({
    ...{ id: ports.newId(), projectId: project.id, email, role, by: by.name, createdAt },
    expiresAt: new Date(createdAt.getTime() + INVITED_DAYS * DAY_MS),
  });
}

/** A person who signs in with an address that they have proven becomes a member of the projects to which it was invited. */
export async function acceptInvitations(
  ports: InvitationPorts & MemberPorts & Pick<Tools, 'clock'>,
  { id: userId, email, emailVerified }: Pick<User, 'id' | 'email' | 'emailVerified'>,
): Promise<void> {
  if (email === null || !emailVerified) return;
  for (const { projectId, role } of await ports.invitations.take(emailKey(email), ports.clock.now()))
    await ports.members.set({ projectId, userId, role });
}
