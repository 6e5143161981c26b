import type { Role } from '../people/policies.js';
import type { Place, Rights } from '../people/rights.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { RepositoryPermission } from '../pull-requests/trust.js';
import type { Tools } from '../shared/tools.js';
import { askPermission } from './ask.js';
import type { GitHubPorts } from './github.js';
import { isReachable, type Repo, type RepositoryPorts } from './model.js';

type Ports = RepositoryPorts & GitHubPorts & UserPorts & ProjectPorts & Pick<Tools, 'clock'>;

/** GitHub's words for a permission as our roles. Triage reads, maintain writes. */
const ROLE_OF: Readonly<Record<RepositoryPermission, Role | null>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: null,
};

/** Rights from the live permission on GitHub, which is kept for five minutes at most. */
export function createRights(ports: Ports): Rights {
  return {
    roleOn: (userId, place) => roleOn(ports, userId, place),
    async visibleTo(userId) {
      const repos = (await ports.repos.all()).filter(isReachable);
      const roles = await Promise.all(repos.map((repo) => roleIn(ports, userId, repo)));
      const repoIds = repos.filter((_repo, index) => roles[index] !== null).map(({ id }) => id);
      const projects = await Promise.all(repoIds.map((id) => ports.projects.ofRepo(id)));
      return { repoIds, projectIds: projects.flat().map(({ id }) => id) };
    },
  };
}

async function roleOn(ports: Ports, userId: string, { repoId }: Place): Promise<Role | null> {
  const repo = await ports.repos.get(repoId);
  return repo && isReachable(repo) ? roleIn(ports, userId, repo) : null;
}

async function roleIn(
  ports: Ports,
  userId: string,
  repo: Repo & { readonly installationId: number },
): Promise<Role | null> {
  const user = await ports.users.get(userId);
  if (!user?.active) return null;
  const level = await askPermission(ports, { repo, login: user.login });
  return level === undefined ? null : ROLE_OF[level];
}
