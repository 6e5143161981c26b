import type { members, MemberView } from '../../../src/contract/people/members.js';
import type { Member } from '../../../src/people/member.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Ports } from '../../ports.js';
import { found, type Handlers, nameOf, pageOf } from '../handler.js';

export const memberHandlers: Handlers<typeof members> = {
  async listMembers(ports, { params, query }) {
    found(await ports.projects.get(params.id), 'project');
    const { items, nextCursor } = await ports.members.ofProject(params.id, pageOf(query));
    return { items: await Promise.all(items.map((member) => present(ports, member))), nextCursor };
  },

  async setMember(ports, { params: { id: projectId, userId }, body: { role }, caller }) {
    const project = found(await ports.projects.get(projectId), 'project');
    if (project.deletingAt) throw new VitrineError('conflict', 'This project is being deleted.');
    const user = found(await ports.users.get(userId), 'person');
    const member = await ports.members.set({ projectId, userId, role });
    const detail = `${user.name} may ${role} in project ${project.name}.`;
    await ports.audit.record({ actor: nameOf(caller), action: 'set-member', subject: project.slug, detail });
    return present(ports, member);
  },

  async removeMember(ports, { params: { id: projectId, userId }, caller }) {
    const project = found(await ports.projects.get(projectId), 'project');
    const removed = await ports.members.remove(projectId, userId);
    const detail = `Person ${userId} is no member of project ${project.name} any more.`;
    const entry = { actor: nameOf(caller), action: 'remove-member', subject: project.slug, detail };
    if (removed) await ports.audit.record(entry);
    return { removed };
  },
};

async function present({ users }: Ports, member: Member): Promise<MemberView> {
  const { userId, role, createdAt, updatedAt } = member;
  const user = await users.get(userId);
  return {
    userId,
    name: user?.name ?? null,
    login: user?.login ?? null,
    role,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
