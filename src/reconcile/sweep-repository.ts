import type { DeploymentPorts } from '../deployments/store.js';
import { activeEnvironments } from '../environments/list.js';
import { BY_SERVER } from '../environments/history.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { observePullRequest } from '../observations/observe.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import type { Rule } from '../pull-requests/decide/rules.js';
import { freshness, type PullRequestFacts } from '../pull-requests/facts.js';
import { askAbout, refOf } from '../repositories/ask.js';
import { type GitHubPorts, hasLostAccess } from '../repositories/github.js';
import type { ReachableRepository, Repo as StoredRepo, RepositoryPorts } from '../repositories/model.js';
import { later, observeRepository, removeRepository, repoAsFound } from '../repositories/update.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  Tools &
  AddressPorts &
  AuditPorts;

type Repo = ReachableRepository & Pick<StoredRepo, 'kept' | 'epoch'>;

/**
 * Compares the open pull requests of a repository with the stored environments, in both directions. The sweep asks GitHub only for the
 * list, and looks closer only at pull requests that differ from what is stored.
 */
async function sweepRepository(ports: Ports, repo: Repo): Promise<number> {
  const [open] = await Promise.all([
    ports.github.openPullRequests(refOf(repo)),
    // A push to the default branch may not have been heard of.
    askAbout(ports, { repo, logins: [], again: true }),
  ]);
  const known = new Map<number, StoredEnvironment[]>();
  for await (const environment of activeEnvironments(ports, { repoId: repo.id })) {
    const number = environment.pullRequest?.number;
    if (number !== undefined) known.set(number, [...(known.get(number) ?? []), environment]);
  }
  const listed = new Set(open.map(({ number }) => number));
  const unlisted = [...known.keys()].filter((number) => !listed.has(number));
  const fields = { repository: repo.fullName };
  const healed =
    (await forEachIsolated(ports, {
      items: open,
      fields,
      work: (facts) => healOpen(ports, { repo, facts, known }),
    })) +
    (await forEachIsolated(ports, {
      items: unlisted,
      fields,
      work: (number) => healClosed(ports, { repo, number, known }),
    }));
  return healed;
}

type Known = ReadonlyMap<number, readonly StoredEnvironment[]>;

/** A pull request without a live environment may have had one: a preview that expired or was taken down by hand stays gone. */
async function healOpen(
  ports: Ports,
  { repo, facts, known }: { repo: Repo; facts: PullRequestFacts; known: Known },
): Promise<number> {
  const living = known.get(facts.number);
  const environments = living ?? (await ports.environments.ofPullRequest(repo.id, facts.number));
  if (environments.length > 0 && environments.every((environment) => isUpToDate(environment, facts)))
    return 0;
  await observe(ports, { repo, facts });
  return 1;
}

/** The list of open pull requests may be older than the pull request, so GitHub is asked about the pull request itself. */
async function healClosed(
  ports: Ports,
  { repo, number, known }: { repo: Repo; number: number; known: Known },
): Promise<number> {
  const facts = await ports.github.pullRequest(refOf(repo), number);
  if (!facts || (known.get(number) ?? []).every((environment) => isUpToDate(environment, facts))) return 0;
  await observe(ports, { repo, facts });
  return 1;
}

/** A preview that went because the App lost the repository comes back with it, and GitHub may say by now what an author may do. */
const ALWAYS_LOOKED_AT: readonly (Rule | undefined)[] = ['repository-removed', 'permission-unknown'];

/** Compares all facts except `updatedAt`: every comment changes it, our own too. */
function isUpToDate({ pullRequest, decision }: StoredEnvironment, facts: PullRequestFacts): boolean {
  if (pullRequest === null || ALWAYS_LOOKED_AT.includes(decision?.rule)) return false;
  return freshness({ ...pullRequest, updatedAt: facts.updatedAt }, facts) === 'same';
}

async function observe(
  ports: Ports,
  { repo, facts }: { repo: Repo; facts: PullRequestFacts },
): Promise<void> {
  const sender = { id: facts.author.id, login: facts.author.login };
  await observePullRequest(ports, { action: NOTICED, repo, facts, sender, source: BY_SERVER });
}

/**
 * When GitHub refuses access, the webhook that says why may have been lost. The server then asks GitHub as the App, which needs no access
 * to the repository. Only if GitHub finds no such repository either, everything made for it is removed.
 */
export async function sweepOrRemove(ports: Ports, repo: Repo): Promise<number> {
  try {
    return await sweepRepository(ports, repo);
  } catch (error) {
    if (!hasLostAccess(error)) throw error;
    const found = await ports.github.repository(repo.fullName);
    if (found?.repo.repoId !== repo.id) {
      const { environmentIds } = await removeRepository(ports, {
        repoId: repo.id,
        why: 'GitHub does not let the App see the repository any more.',
        deleteAfter: later(ports),
      });
      return environmentIds.length;
    }
    if (found.repo.installationId === repo.installationId) throw error;
    return (await observeRepository(ports, repoAsFound(found))).environmentIds.length;
  }
}
