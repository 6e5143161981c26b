import { z } from 'zod';
import { ROLES } from '../../people/policies.js';
import { lazily, type Operation, type Operations, type ValueOf } from '../operation.js';
import { API, ById, Id, listOf, PageQuery } from '../shapes.js';
import { Email } from './passwords.js';

const INVITATIONS = `${API}/projects/:id/invitations` as const;

export const InvitationView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    email: z.string(),
    role: z.enum(ROLES),
    invitedBy: z.string(),
    createdAt: z.string(),
    expiresAt: z.string(),
  }),
);
export type InvitationView = ValueOf<typeof InvitationView>;

export const listInvitations = {
  method: 'GET',
  path: INVITATIONS,
  permission: 'member.invite',
  resource: { projectId: 'id' },
  summary: 'Lists the people who were invited and have not signed in yet',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(InvitationView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const invite = {
  method: 'POST',
  path: INVITATIONS,
  permission: 'member.invite',
  resource: { projectId: 'id' },
  summary: 'Gives a person a role in the project, by their e-mail address, and tells them so by mail',
  params: ById,
  body: () => z.strictObject({ email: Email(), role: z.enum(ROLES) }),
  answers: {
    201: () =>
      z.object({
        /** They have an account with this address, and are a member now. */
        member: z.boolean(),
        /** Otherwise they become one when they sign in. */
        invitation: InvitationView().nullable(),
      }),
  },
  errors: ['not_found', 'too_many_requests', 'unprocessable'],
} as const satisfies Operation;

export const withdrawInvitation = {
  method: 'DELETE',
  path: `${INVITATIONS}/:invitationId`,
  permission: 'member.invite',
  resource: { projectId: 'id' },
  summary: 'Takes an invitation back',
  params: () => z.strictObject({ id: Id(), invitationId: Id() }),
  answers: { 200: () => z.object({ withdrawn: z.literal(true) }) },
  errors: ['not_found'],
} as const satisfies Operation;

export const invitations = { listInvitations, invite, withdrawInvitation } as const satisfies Operations;
