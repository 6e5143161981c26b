import type { projectPages } from '../../../../src/contract/dashboard/projects.js';
import { invitations, type InvitationView } from '../../../../src/contract/people/invitations.js';
import { members, type MemberView } from '../../../../src/contract/people/members.js';
import { ROLES } from '../../../../src/people/policies.js';
import { refOf } from '../../../../src/repositories/ask.js';
import { isReachable } from '../../../../src/repositories/model.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { found, type Handlers } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { invitationHandlers } from '../../../api/people/invitations.js';
import { memberHandlers } from '../../../api/people/members.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { type Done, formHandler } from '../forms.js';
import { faceOf } from '../avatar.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';

interface RoleChoice {
  readonly value: string;
  readonly isChosen: boolean;
}

interface MembersModel {
  readonly head: HeadModel;
  readonly members: readonly (Pick<MemberView, 'userId' | 'role' | 'createdAt'> & {
    readonly name: string;
    readonly avatar: string;
    readonly roles: readonly RoleChoice[];
  })[];
  readonly invitations: readonly InvitationView[];
  readonly roles: readonly { readonly value: string; readonly hint: string }[];
  readonly mayInvite: boolean;
}

type Pages = Pick<
  Handlers<typeof projectPages>,
  'showProjectMembers' | 'submitMember' | 'submitMemberRemoval' | 'submitNewMember' | 'submitWithdrawal'
>;

const MOST = 100;
const HINTS: Readonly<Record<string, string>> = {
  read: 'sees the previews and the settings',
  write: 'redeploys, approves and removes previews',
  admin: 'changes the project',
};

export function projectMembersPage(shell: Shell): Pages {
  const render = shell.page<MembersModel>('project-members');
  return {
    ...forms,
    async showProjectMembers(ports, input) {
      const { id } = input.params;
      const { head, role } = await projectPage(ports, input, { id, tab: 'members' });
      const parts = { ports, input, params: { id }, query: { limit: MOST } };
      const [listed, invited] = await Promise.all([
        perform(memberHandlers.listMembers, parts),
        role === 'admin' ? perform(invitationHandlers.listInvitations, parts) : { items: [] },
      ]);
      const model = {
        head,
        members: listed.items.map(memberModel),
        invitations: invited.items,
        roles: ROLES.map((value) => ({ value, hint: HINTS[value] ?? '' })),
        mayInvite: ports.accountMails.available,
      };
      return render(ports, input, { title: `Members of ${head.name}`, section: 'projects', model });
    },
  };
}

function memberModel({ userId, name, login, role, createdAt }: MemberView): MembersModel['members'][number] {
  const shown = name ?? 'A person who is gone';
  return {
    ...{ userId, role, createdAt },
    name: shown,
    avatar: faceOf({ login, name: shown }),
    roles: ROLES.map((value) => ({ value, isChosen: value === role })),
  };
}

const forms: Omit<Pages, 'showProjectMembers'> = {
  submitMember: formHandler(async (ports, input) => {
    const body = parseInput(members.setMember.body(), { role: input.body.role });
    const { name, role } = await perform(memberHandlers.setMember, {
      ...{ ports, input, params: input.params, body },
    });
    return { message: `${name ?? 'The person'} may ${role} here now.` };
  }),

  submitMemberRemoval: formHandler(async (ports, input) => {
    await perform(memberHandlers.removeMember, { ports, input, params: input.params });
    return { message: 'The person is no member any more. What GitHub lets them see, they still see.' };
  }),

  submitNewMember: formHandler(async (ports, input) => {
    const who = input.body.who.trim();
    const adding = { id: input.params.id, who, role: input.body.role };
    const done = who.includes('@') && !who.startsWith('@') ? invitePerson : addByLogin;
    return { ...(await done(ports, input, adding)), to: addressOf(adding.id, 'members') };
  }),

  submitWithdrawal: formHandler(async (ports, input) => {
    await perform(invitationHandlers.withdrawInvitation, { ports, input, params: input.params });
    return { message: 'The invitation is withdrawn.' };
  }),
};

interface Adding {
  readonly id: string;
  readonly who: string;
  readonly role: string;
}

async function invitePerson(ports: Ports, input: Asking, { id, who, role }: Adding): Promise<Done> {
  const body = parseInput(invitations.invite.body(), { email: who, role });
  const { member } = await perform(invitationHandlers.invite, { ports, input, params: { id }, body });
  return {
    message: member
      ? `${body.email} has an account here, and is a member now.`
      : `${body.email} gets a mail, and becomes a member with the first sign-in.`,
  };
}

/** Logins change hands, so GitHub is asked whose it is now. The person need not have signed in here before. */
async function addByLogin(ports: Ports, input: Asking, { id, who, role }: Adding): Promise<Done> {
  const login = who.replace(/^@/, '');
  if (!/^[A-Za-z0-9][\w-]{0,99}$/.test(login))
    throw new VitrineError('bad_request', 'Give a login of GitHub, such as octocat, or an e-mail address.');
  const body = parseInput(members.setMember.body(), { role });
  const project = found(await ports.projects.get(id), 'project');
  const repo = found(await ports.repos.get(project.repoId), 'repository');
  const seen = isReachable(repo) ? await ports.github.account(refOf(repo), login) : null;
  if (!seen) throw new VitrineError('not_found', `GitHub knows nobody with the login ${login}.`);
  const { id: userId } = await ports.users.saveFromGitHub({
    ...{ githubId: seen.id, login: seen.login, email: null, avatarUrl: seen.avatarUrl },
  });
  await perform(memberHandlers.setMember, { ports, input, params: { id, userId }, body });
  return { message: `${seen.login} is a member now, and may ${body.role} here.` };
}
