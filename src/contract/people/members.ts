import { z } from 'zod';
import { ROLES } from '../../people/policies.js';
import { lazily, type Operation, type Operations, type ValueOf } from '../operation.js';
import { API, ById, Id, listOf, PageQuery } from '../shapes.js';

const MEMBERS = `${API}/projects/:id/members` as const;

const Role = () => z.enum(ROLES, `must be one of ${ROLES.join(', ')}`);

export const MemberView = /* @__PURE__ */ lazily(() =>
  z.object({
    userId: z.string(),
    name: z.string().nullable(),
    /** On GitHub, as it was seen last. */
    login: z.string().nullable(),
    role: Role(),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);
export type MemberView = ValueOf<typeof MemberView>;

const UserId = () => z.string().regex(/^[\w-]{1,100}$/, 'must be the id of a person');

const ByMember = /* @__PURE__ */ lazily(() => z.strictObject({ id: Id(), userId: UserId() }));

export const listMembers = {
  method: 'GET',
  path: MEMBERS,
  permission: 'project.read',
  resource: { projectId: 'id' },
  summary: 'The members of a project: people with a role there besides the one that GitHub gives them',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(MemberView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const setMember = {
  method: 'PUT',
  path: `${MEMBERS}/:userId`,
  permission: 'project.change',
  resource: { projectId: 'id' },
  summary: 'Gives a person a role in a project',
  params: ByMember,
  body: () => z.strictObject({ role: Role() }),
  answers: { 200: MemberView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const removeMember = {
  method: 'DELETE',
  path: `${MEMBERS}/:userId`,
  permission: 'project.change',
  resource: { projectId: 'id' },
  summary: 'Takes the role of a person in a project away',
  params: ByMember,
  answers: { 200: () => z.object({ removed: z.boolean() }) },
  errors: ['not_found'],
} as const satisfies Operation;

export const members = { listMembers, setMember, removeMember } as const satisfies Operations;
