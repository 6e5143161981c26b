/** What people do to a pull request once it is open; each changes the state and makes GitHub tell the App. */
import { githubTime } from '../clock.js';
import type { PullRequest } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { Delivery } from '../webhooks/delivery.js';
import { pullRequestEvent } from '../webhooks/pull-request-event.js';
import { NOTHING, pushEvent } from '../webhooks/push-event.js';
import type { World } from '../world.js';
import { commit, type FileChanges } from './git.js';
import { labelDocument, merging, withHead, type PullRequestEvent } from './pull-requests.js';
import { existing, personOf } from './repositories.js';

export interface ThatPullRequest {
  readonly repository: string;
  readonly number: number;
  /** Who does it; absent = the author. */
  readonly sender?: string;
}

interface Change {
  readonly action: string;
  readonly changes: Partial<PullRequest>;
  readonly fields?: Record<string, unknown>;
}

export interface Push {
  readonly repository: string;
  readonly branch: string;
  readonly files?: FileChanges;
  readonly message?: string;
  readonly pusher?: string;
}

export interface PushEvent {
  readonly sha: string;
  /** One `synchronize` for each open pull request of the branch. */
  readonly pullRequests: readonly PullRequestEvent[];
  /** The `push` event itself; sent only when the App subscribed to it. */
  readonly push: Delivery;
}

export async function push(world: World, options: Push): Promise<PushEvent> {
  const repository = existing(world, options.repository);
  const before = repository.branches.get(options.branch) ?? NOTHING;
  const changes = options.files ?? { 'pushed.md': `${githubTime(world.options.clock)}\n` };
  const message = options.message ?? `Update ${options.branch}`;
  const sha = await commit(world, { repository, branch: options.branch, changes, message });
  const sender = personOf(world, options.pusher ?? world.options.users[0] ?? '');
  const told = pushEvent(world, { repository, branch: options.branch, before, after: sha, message, sender });
  const pullRequests = pullsOfBranch(world, repository, options.branch).map(({ home, pull }) => {
    const next = withHead({ ...pull, ...merging(world, { base: pull.base.sha, head: sha }) }, sha);
    const fields = { before: pull.head.sha, after: sha };
    const change = { action: 'synchronize', changes: next, fields };
    return apply(world, { home, pull, change, sender: options.pusher });
  });
  return { sha, pullRequests, push: told };
}

function pullsOfBranch(world: World, source: RepositoryState, branch: string) {
  return [...world.state.repositories.values()].flatMap((home) =>
    [...home.pulls.values()]
      .filter((pull) => pull.state === 'open' && pull.head.ref === branch)
      .filter((pull) => pull.head.repo?.id === source.document.id)
      .map((pull) => ({ home, pull })),
  );
}

interface Applying {
  readonly home: RepositoryState;
  readonly pull: PullRequest;
  readonly change: Change;
  readonly sender?: string | undefined;
}

function apply(world: World, { home, pull, change, sender }: Applying): PullRequestEvent {
  const updated_at = githubTime(world.options.clock);
  const pullRequest: PullRequest = { ...pull, ...change.changes, updated_at } as PullRequest;
  home.pulls.set(pull.number, pullRequest);
  const delivery = pullRequestEvent(world, {
    action: change.action,
    repository: home,
    pull: pullRequest,
    sender: sender === undefined ? pull.user : personOf(world, sender),
    fields: change.fields ?? {},
  });
  return { pullRequest, delivery };
}

function changePull(
  world: World,
  that: ThatPullRequest,
  change: (pull: PullRequest) => Change,
): PullRequestEvent {
  const home = existing(world, that.repository);
  const pull = home.pulls.get(that.number);
  if (!pull) throw new Error(`${that.repository} has no pull request ${that.number}: open it first.`);
  return apply(world, { home, pull, change: change(pull), sender: that.sender });
}

export function closePullRequest(
  world: World,
  that: ThatPullRequest & { merged?: boolean },
): PullRequestEvent {
  const now = githubTime(world.options.clock);
  const merge = that.merged === true ? { merged: true, merged_at: now } : {};
  const changes = { state: 'closed' as const, closed_at: now, ...merge };
  return changePull(world, that, () => ({ action: 'closed', changes }));
}

export function reopenPullRequest(world: World, that: ThatPullRequest): PullRequestEvent {
  return changePull(world, that, () => ({ action: 'reopened', changes: { state: 'open', closed_at: null } }));
}

export function convertToDraft(world: World, that: ThatPullRequest): PullRequestEvent {
  return changePull(world, that, () => ({ action: 'converted_to_draft', changes: { draft: true } }));
}

export function markReadyForReview(world: World, that: ThatPullRequest): PullRequestEvent {
  return changePull(world, that, () => ({ action: 'ready_for_review', changes: { draft: false } }));
}

export function labelPullRequest(world: World, that: ThatPullRequest & { label: string }): PullRequestEvent {
  const label = labelDocument(world, { repository: existing(world, that.repository), name: that.label });
  return changePull(world, that, (pull) => ({
    action: 'labeled',
    changes: { labels: [...pull.labels, label] },
    fields: { label },
  }));
}

export function unlabelPullRequest(
  world: World,
  that: ThatPullRequest & { label: string },
): PullRequestEvent {
  return changePull(world, that, (pull) => ({
    action: 'unlabeled',
    changes: { labels: pull.labels.filter((label) => label.name !== that.label) },
    fields: { label: pull.labels.find((label) => label.name === that.label) },
  }));
}

export function editPullRequest(
  world: World,
  that: ThatPullRequest & { title?: string; body?: string },
): PullRequestEvent {
  return changePull(world, that, (pull) => ({
    action: 'edited',
    changes: { title: that.title ?? pull.title, ...(that.body === undefined ? {} : { body: that.body }) },
    fields: { changes: that.title === undefined ? {} : { title: { from: pull.title } } },
  }));
}
