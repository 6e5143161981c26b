import { type GitHubAccessPorts, reachOf } from '../people/github-access.js';
import type { MemberPorts } from '../people/member.js';
import { type Role, ROLES } from '../people/policies.js';
import type { Place, Rights, Visible } from '../people/rights.js';
import type { User, UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { RepositoryPermission } from '../pull-requests/trust.js';
import { askPermission } from './ask.js';
import type { GitHubPorts } from './github.js';
import { isReachable, type RepositoryPorts } from './model.js';

type Ports = RepositoryPorts & GitHubPorts & UserPorts & ProjectPorts & MemberPorts & GitHubAccessPorts;

/** GitHub's words for a permission as our roles. Triage reads, maintain writes. */
const ROLE_OF: Readonly<Record<RepositoryPermission, Role | null>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: null,
};

const NOTHING: Visible = { repoIds: [], projectIds: [] };

/**
 * Rights from the live permission on GitHub, kept for five minutes at most, and from the members of projects, for people whom GitHub does
 * not know. Of two roles the larger one counts.
 */
export function createRights(ports: Ports): Rights {
  return {
    async roleOn(userId, place) {
      const user = await ports.users.get(userId);
      if (!user?.active) return null;
      const [onGitHub, asMember] = await Promise.all([
        githubRole(ports, user, place),
        memberRole(ports, user, place),
      ]);
      return largerOf(onGitHub, asMember);
    },
    async visibleTo(userId) {
      const user = await ports.users.get(userId);
      return user?.active ? visibleTo(ports, user) : NOTHING;
    },
  };
}

async function githubRole(ports: Ports, user: User, { repoId }: Place): Promise<Role | null> {
  const { githubId, login } = user;
  if (githubId === null || login === null) return null;
  const repo = await ports.repos.get(repoId);
  if (!repo || !isReachable(repo)) return null;
  const level = await askPermission(ports, { repo, login, githubId });
  return level === undefined ? null : ROLE_OF[level];
}

async function memberRole({ members }: Ports, { id }: User, { projectId }: Place): Promise<Role | null> {
  return projectId === null ? null : members.roleOf(projectId, id);
}

function largerOf(a: Role | null, b: Role | null): Role | null {
  const rank = (role: Role | null) => (role === null ? -1 : ROLES.indexOf(role));
  return rank(a) >= rank(b) ? a : b;
}

/** What GitHub lists for the person, who allowed it by signing in with GitHub, and the projects that they are a member of. */
async function visibleTo(ports: Ports, { id, githubId }: User): Promise<Visible> {
  const [reach, memberships] = await Promise.all([
    githubId === null ? null : reachOf(ports, id),
    ports.members.ofUser(id),
  ]);
  const repoIds = reach?.repoIds ?? [];
  const ofRepos = await ports.projects.idsOfRepos(repoIds);
  const projectIds = [...new Set([...ofRepos, ...memberships.map(({ projectId }) => projectId)])];
  return { repoIds, projectIds };
}
