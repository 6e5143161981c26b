import type { Ports } from '../../app/ports.js';
import { ABILITIES, type Ability, hashToken } from '../../src/people/api-token.js';
import { sealTokens } from '../../src/people/github-access.js';
import type { RepositoryPermission } from '../../src/pull-requests/trust.js';

export interface TestPerson {
  readonly githubId: number;
  /** What GitHub said a moment ago that the person may do in the repository. */
  readonly level: RepositoryPermission;
  readonly abilities?: readonly Ability[];
  readonly projectIds?: readonly string[];
  /** Of their API token: `vtp_` and the login unless given. */
  readonly token?: string;
}

/** People by login, each with an API token, whose roles in the repository and whose list of repositories are known already. */
export async function addPeople(
  ports: Ports,
  { repoId, people }: { readonly repoId: number; readonly people: Readonly<Record<string, TestPerson>> },
): Promise<void> {
  const at = new Date();
  const permissions = Object.entries(people).map(([login, { level, githubId: accountId }]) => ({
    ...{ login, level, at, accountId },
  }));
  await ports.repos.keep({ id: repoId }, { permissions });
  for (const [login, person] of Object.entries(people)) {
    const { githubId, level, abilities = ABILITIES, projectIds = null, token = `vtp_${login}` } = person;
    const { id: userId } = await ports.users.saveFromGitHub({
      githubId,
      login,
      email: null,
      avatarUrl: null,
    });
    await addReach(ports, { userId, githubId, login, repoIds: level === 'none' ? [] : [repoId] });
    const scope = { kind: 'user', userId, name: login, abilities, projectIds } as const;
    await ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
  }
}

interface Reach {
  readonly userId: string;
  readonly githubId: number;
  readonly login: string;
  readonly repoIds: readonly number[];
}

/** GitHub listed the repositories of the person a moment ago. */
export async function addReach(
  { connections, seal }: Pick<Ports, 'connections' | 'seal'>,
  reach: Reach,
): Promise<void> {
  const { repoIds, ...who } = reach;
  const sealed = sealTokens({ seal }, who.userId, {
    ...{ access: 'ghu_test', refresh: null, scope: '' },
    ...{ accessExpiresAt: null, refreshExpiresAt: null },
  });
  await connections.save({ ...who, ...sealed, connectedAt: new Date() });
  const listed = { repoIds, installationIds: [7], at: new Date() };
  await connections.keepReach({ userId: who.userId, epoch: 1 }, listed);
}
