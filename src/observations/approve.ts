import type { DeploymentPorts } from '../deployments/store.js';
import { type Environment, isActive } from '../environments/model.js';
import { removedReason } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import type { PullRequestFacts } from '../pull-requests/facts.js';
import { refOf } from '../repositories/ask.js';
import { type GitHubPorts, hasLostAccess, isGitHubFailure } from '../repositories/github.js';
import { isReachable, type ReachableRepository, type RepositoryPorts } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { type Approval, approvalDetail } from './inputs.js';
import { observePullRequest } from './observe.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AuditPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

/**
 * Approves one commit, as the label does. GitHub is asked for the newest commit first, because a push that the server has not heard of
 * must not be approved unseen: https://github.com/github/branch-deploy/issues/315
 */
export async function approveCommit(
  ports: Ports,
  { environmentId, sha, actor }: Approval,
): Promise<StoredEnvironment> {
  const environment = await activeEnvironment(ports, environmentId);
  if (environment.approvedSha === sha && environment.head?.sha === sha) return environment;
  const repo = await repositoryOf(ports, environment);
  const facts = await newestFacts(ports, { repo, environment });
  const { author: sender, head } = facts;
  const approval = head.sha === sha ? { environmentId, sha, actor } : undefined;
  await observePullRequest(ports, { action: NOTICED, repo, facts, sender, approval }).catch(notNow);
  const decided = await activeEnvironment(ports, environmentId);
  if (decided.approvedSha !== sha || decided.head?.sha !== sha) throw moved(decided.head?.sha ?? head.sha);
  const detail = approvalDetail(sha);
  await ports.audit.record({ actor, action: 'approve', subject: decided.slug, detail });
  return decided;
}

async function activeEnvironment(
  { environments }: Pick<Ports, 'environments'>,
  id: string,
): Promise<StoredEnvironment> {
  const environment = await environments.get(id);
  if (!environment) throw new VitrineError('not_found', 'There is no such environment.');
  if (isActive(environment)) return environment;
  throw new VitrineError('environment_gone', removedReason(environment));
}

async function repositoryOf(
  { repos }: Pick<Ports, 'repos'>,
  { repoId }: Pick<Environment, 'repoId'>,
): Promise<ReachableRepository> {
  const repo = await repos.get(repoId);
  if (repo && isReachable(repo)) return repo;
  throw notVisible();
}

async function newestFacts(
  { github }: Pick<Ports, 'github'>,
  { repo, environment }: { repo: ReachableRepository; environment: Environment },
): Promise<PullRequestFacts> {
  const { pullRequest } = environment;
  if (!pullRequest)
    throw new VitrineError('conflict', 'This environment belongs to no pull request: nothing to approve.');
  const facts = await github.pullRequest(refOf(repo), pullRequest.number).catch(notNow);
  if (facts) return facts;
  throw notVisible();
}

function notNow(error: unknown): never {
  if (!isGitHubFailure(error)) throw error;
  if (hasLostAccess(error)) throw notVisible(error);
  const reason = `GitHub does not show the newest commit just now, so nothing was approved: try again. ${error.message}.`;
  throw new VitrineError('unavailable', reason, { cause: error });
}

function notVisible(cause?: unknown): VitrineError {
  const reason = 'GitHub does not show this pull request to the App, so nothing was approved. ';
  return new VitrineError('conflict', `${reason}Is the App still installed on the repository?`, { cause });
}

function moved(newest: string): VitrineError {
  return new VitrineError(
    'stale_head',
    `The newest commit of the pull request is ${newest} now, so nothing was approved. Look at that commit, then approve it.`,
  );
}
