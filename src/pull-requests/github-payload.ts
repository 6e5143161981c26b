/** GitHub's JSON, which webhooks and the API share, turned into our facts. Unknown fields are dropped here. */
import { z } from 'zod';
import { isPicture, pullRequestFacts, type Actor, type PullRequestFacts } from './facts.js';

const Id = z.int().positive();

export const GitHubUser = z.object({
  id: Id,
  login: z.string().min(1),
  type: z.string().optional(),
  avatar_url: z.string().nullish(),
});

export const GitHubRepository = z.object({
  id: Id,
  full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  default_branch: z.string().min(1),
  private: z.boolean(),
  owner: z.object({ id: Id, login: z.string().min(1) }),
});

/** GitHub shows deleted accounts as https://github.com/ghost. */
const GHOST: z.infer<typeof GitHubUser> = { id: 10_137, login: 'ghost', type: 'User' };

const Side = z.object({ ref: z.string(), sha: z.string() });
const RepoId = z.object({ id: Id });

/** A pull request in a webhook, in an answer of its own and in a list; only `merged` differs. */
export const GitHubPullRequest = z.object({
  number: z.int(),
  title: z.string(),
  state: z.enum(['open', 'closed']),
  merged: z.boolean().nullish(),
  merged_at: z.string().nullish(),
  draft: z.boolean().nullish(),
  user: GitHubUser.nullish(),
  head: Side.extend({ repo: RepoId.nullable() }),
  base: Side.extend({ repo: RepoId }),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  updated_at: z.string(),
  html_url: z.string(),
});
export type GitHubPullRequest = z.infer<typeof GitHubPullRequest>;

/** Throws a ZodError for names and ids that GitHub would never send. */
export function toPullRequestFacts(
  pull: GitHubPullRequest,
  known: { readonly sender?: Actor; readonly commitMessage?: string | undefined } = {},
): PullRequestFacts {
  const { id, login, type, avatar_url: avatarUrl } = pull.user ?? GHOST;
  return pullRequestFacts.parse({
    number: pull.number,
    title: pull.title,
    state: pull.state,
    merged: pull.merged ?? (pull.merged_at ?? null) !== null,
    draft: pull.draft ?? false,
    author: { id, login, isBot: type === 'Bot', ...(isPicture(avatarUrl) ? { avatarUrl } : {}) },
    head: { ref: pull.head.ref, sha: pull.head.sha, repoId: pull.head.repo?.id ?? null },
    base: { ref: pull.base.ref, sha: pull.base.sha, repoId: pull.base.repo.id },
    labels: (pull.labels ?? []).map((label) => label.name),
    updatedAt: pull.updated_at,
    url: pull.html_url,
    ...(known.sender ? { sender: known.sender } : {}),
    ...(known.commitMessage === undefined ? {} : { commitMessage: known.commitMessage }),
  });
}
