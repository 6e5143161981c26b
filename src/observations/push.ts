import type { DeliveryDecision } from '../deliveries/store.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { StepSource } from '../environments/history.js';
import { activeEnvironments } from '../environments/list.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import { askAbout, observeDefaultBranch } from '../repositories/ask.js';
import { refreshAccess } from '../repositories/preview-access.js';
import { type GitHubPorts, hasLostAccess } from '../repositories/github.js';
import type { CommitMessage, ReachableRepository, Repo, RepositoryPorts } from '../repositories/model.js';
import { parseSettings } from '../settings/settings.js';
import { findSkipWord } from '../settings/skip-words.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { observePullRequest } from './observe.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

interface Push {
  readonly repo: ReachableRepository;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  /** Of the newest commit. */
  readonly message: string;
  readonly source?: StepSource | undefined;
}

/**
 * The policy of a repository that GitHub hides from the App was doubted, so it is read before the next decision. An event or the sweep
 * tells why GitHub hides it.
 */
export async function observePush(ports: Ports, push: Push): Promise<DeliveryDecision> {
  try {
    return await readPush(ports, push);
  } catch (error) {
    if (!hasLostAccess(error)) throw error;
    return decided('ignore', 'GitHub does not let the App see the repository: nothing was read.');
  }
}

/** A branch was pushed. The default branch holds the policy; the newest commit of another one may say that it wants no preview. */
async function readPush(ports: Ports, push: Push): Promise<DeliveryDecision> {
  if (push.branch === push.repo.defaultBranch) {
    const decision = await observeDefaultBranch(ports, push);
    if (decision.action === 'update') await refreshAccess(ports, { repoId: push.repo.id });
    return decision;
  }
  const repository = await ports.repos.save(push.repo);
  const word = await skipWordOf(ports, { repository, push });
  if (word === undefined) return decided('ignore', 'The newest commit of the branch has no skip word.');
  const commit = { sha: push.after, message: shortened(push.message, word) };
  await remember(ports, { repository, commit });
  const environmentIds = await skipNow(ports, { push, commit });
  return { ...decided('update', `The message of the newest commit says "${word}".`), environmentIds };
}

async function skipWordOf(
  ports: Ports,
  { repository, push: { repo, message } }: { repository: Repo; push: Push },
): Promise<string | undefined> {
  if (repository.removedAt !== null) return undefined;
  const { policy } = await askAbout(ports, {
    repo: { ...repo, kept: repository.kept, epoch: repository.epoch },
    logins: [],
  });
  return findSkipWord(message, parseSettings({ base: policy ?? undefined }).settings.triggers.skipWords);
}

const LONGEST = 1_000;

function shortened(message: string, word: string): string {
  return message.length <= LONGEST ? message : `${message.slice(0, LONGEST)}\n${word}`;
}

/** So many commits that want no preview are remembered for each repository. A run reads the message of any other. */
const MOST = 20;

/** The event of the pull request, which does not hold the message, may come later. */
async function remember(
  ports: Ports,
  { repository, commit }: { repository: Repo; commit: CommitMessage },
): Promise<void> {
  const others = (repository.kept?.skipped ?? []).filter(({ sha }) => sha !== commit.sha);
  await ports.repos.keep(repository, { skipped: [...others, commit].slice(-MOST) });
}

/**
 * The event of the pull request may have come first, or it is handled at this moment: one that has not seen the message yet is made to
 * look again, because the document that it is about to write has changed.
 */
async function skipNow(
  ports: Ports,
  { push: { repo, branch, source }, commit }: { push: Push; commit: CommitMessage },
): Promise<string[]> {
  const environmentIds: string[] = [];
  for await (const known of activeEnvironments(ports, { repoId: repo.id })) {
    if (known.pullRequest?.head.ref !== branch) continue;
    const { id, head, pullRequest } = await changeEnvironment(ports, {
      id: known.id,
      plan: (seen) => (seen.head?.sha === commit.sha ? null : { patch: {}, due: [] }),
    });
    if (head?.sha !== commit.sha || pullRequest?.head.sha !== commit.sha) continue;
    const facts = { ...pullRequest, commitMessage: commit.message };
    const { author: sender } = facts;
    await observePullRequest(ports, { action: NOTICED, repo, facts, sender, beforeBuild: true, source });
    environmentIds.push(id);
  }
  return environmentIds;
}

function decided(action: 'ignore' | 'update', detail: string): DeliveryDecision {
  return { action, rule: 'pushed', detail, environmentIds: [] };
}
