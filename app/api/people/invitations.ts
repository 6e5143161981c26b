import type { invitations, InvitationView } from '../../../src/contract/people/invitations.js';
import type { Invitation } from '../../../src/people/invitation.js';
import { invite } from '../../../src/people/invite.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Caller } from '../access.js';
import { found, type Handlers, pageOf } from '../handler.js';

/** People who are given a role in a project by their e-mail address. */
export const invitationHandlers: Handlers<typeof invitations> = {
  async listInvitations(ports, { params, query }) {
    found(await ports.projects.get(params.id), 'project');
    const { items, nextCursor } = await ports.invitations.ofProject(params.id, pageOf(query));
    return { items: items.map(present), nextCursor };
  },

  async invite(ports, { params, body, caller }) {
    const project = found(await ports.projects.get(params.id), 'project');
    const invitation = await invite(ports, { ...body, project, by: inviter(caller) });
    return { member: invitation === null, invitation: invitation && present(invitation) };
  },

  async withdrawInvitation(ports, { params }) {
    if (await ports.invitations.delete(params.id, params.invitationId)) return { withdrawn: true };
    throw new VitrineError('not_found', 'There is no such invitation.');
  },
};

function inviter(caller: Caller): { id: string; name: string } {
  if (caller.kind === 'user') return { id: caller.userId, name: caller.name };
  const name = caller.kind === 'operator' ? caller.name : caller.kind;
  return { id: name, name };
}

function present({ id, email, role, by, createdAt, expiresAt }: Invitation): InvitationView {
  return {
    ...{ id, email, role, invitedBy: by },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  };
}
