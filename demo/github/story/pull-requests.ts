import { githubTime } from '../clock.js';
import { pullRequestSchema, type Label, type PullRequest } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { Delivery } from '../webhooks/delivery.js';
import { pullRequestEvent } from '../webhooks/pull-request-event.js';
import type { World } from '../world.js';
import { commit, mergeCommit, type FileChanges } from './git.js';
import { existing, forkOf, personOf } from './repositories.js';

export interface OpenPullRequest {
  readonly repository: string;
  /** The head branch; made from the base with `files` when it does not exist. */
  readonly head: string;
  readonly base?: string;
  readonly title?: string;
  readonly body?: string;
  readonly author?: string;
  readonly draft?: boolean;
  readonly labels?: readonly string[];
  readonly files?: FileChanges;
  /** The branch lies in the fork of this user. */
  readonly fork?: string;
}

export interface PullRequestEvent {
  readonly pullRequest: PullRequest;
  readonly delivery: Delivery;
}

export async function openPullRequest(world: World, options: OpenPullRequest): Promise<PullRequestEvent> {
  const repository = existing(world, options.repository);
  const base = options.base ?? repository.document.default_branch;
  const source = options.fork === undefined ? repository : await forkOf(world, repository, options.fork);
  await prepareBranch(world, { options, source, base });
  const author = options.author ?? options.fork ?? world.options.users[0] ?? '';
  const pull = await createPull(world, { options, repository, base, author });
  const now = githubTime(world.options.clock);
  const pullRequest = {
    ...pull,
    user: personOf(world, author),
    ...merging(world, { base: pull.base.sha, head: source.branches.get(options.head) ?? pull.head.sha }),
    labels: (options.labels ?? []).map((name) => labelDocument(world, { repository, name })),
    created_at: now,
    updated_at: now,
  };
  const tidy = withHead(pullRequest, source.branches.get(options.head) ?? pull.head.sha);
  repository.pulls.set(pull.number, tidy);
  return {
    pullRequest: tidy,
    delivery: pullRequestEvent(world, { action: 'opened', repository, pull: tidy }),
  };
}

interface Preparing {
  readonly options: OpenPullRequest;
  readonly source: RepositoryState;
  readonly base: string;
}

async function prepareBranch(world: World, { options, source, base }: Preparing): Promise<void> {
  const { head, files } = options;
  const known = source.branches.has(head);
  if (known && files === undefined) return;
  const message = options.title ?? `Change ${head}`;
  const parent = known ? undefined : source.branches.get(base);
  const changes = files ?? { 'change.md': `${head}\n` };
  await commit(world, { repository: source, branch: head, parent, changes, message });
}

interface Creating {
  readonly options: OpenPullRequest;
  readonly repository: RepositoryState;
  readonly base: string;
  readonly author: string;
}

/** emulate gives the number, the issue behind it and most fields; the rest of its life is ours. */
async function createPull(
  world: World,
  { options, repository, base, author }: Creating,
): Promise<PullRequest> {
  const head = options.fork === undefined ? options.head : `${options.fork}:${options.head}`;
  const body = {
    title: options.title ?? `Change ${options.head}`,
    body: options.body ?? null,
    draft: options.draft ?? false,
    head,
    base,
  };
  const path = `/repos/${repository.document.full_name}/pulls`;
  return pullRequestSchema.parse(await world.emulate.as(author, { method: 'POST', path, body }));
}

export function merging(world: World, tips: { base: string; head: string }): { merge_commit_sha: string } {
  return { merge_commit_sha: mergeCommit(world, tips) };
}

export function withHead(pull: PullRequest, sha: string): PullRequest {
  const statuses_url = String(pull.statuses_url).replace(/[^/]+$/, sha);
  return { ...pull, head: { ...pull.head, sha }, statuses_url };
}

export function labelDocument(
  world: World,
  { repository, name }: { repository: RepositoryState; name: string },
): Label {
  const id = world.state.nextId();
  const url = `${world.url}/repos/${repository.document.full_name}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: `LA_${id}`, url, name, color: 'ededed', default: false, description: null };
}
