import { z } from 'zod';
import type { PullRequestFacts } from '../../../src/pull-requests/facts.js';
import { GitHubPullRequest, toPullRequestFacts } from '../../../src/pull-requests/github-payload.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { Log } from '../../../src/shared/tools.js';
import { ask, type Caller } from '../client/call.js';
import { pages } from '../client/pages.js';
import { unlessDenied } from '../client/silence.js';

const Commit = z.object({ message: z.string() });
const MAX_PAGES = 100;

export async function readPullRequest(
  caller: Caller,
  { repo, number }: { readonly repo: RepoRef; readonly number: number },
): Promise<PullRequestFacts | null> {
  const pull = await ask(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    parameters: { pull_number: number },
    schema: GitHubPullRequest,
  }).catch(nullWhenGone);
  return pull && toPullRequestFacts(pull);
}

/** For skip words. The light form of a commit: the other one lists its files. */
export async function readCommitMessage(
  caller: Caller,
  { repo, sha }: { readonly repo: RepoRef; readonly sha: string },
): Promise<string | undefined> {
  const commit = await unlessDenied(
    ask(caller, {
      repo,
      purpose: 'read',
      route: 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}',
      parameters: { commit_sha: sha },
      schema: Commit,
    }),
    undefined,
  );
  return commit?.message.slice(0, 10_000);
}

/** A pull request that we cannot read must not hide the others. */
export async function listOpenPullRequests(
  caller: Caller,
  { repo, log }: { readonly repo: RepoRef; readonly log: Log },
): Promise<readonly PullRequestFacts[]> {
  const list = pages(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/pulls',
    parameters: { state: 'open', sort: 'created', direction: 'asc' },
    lane: 'background',
    item: z.unknown(),
    maxPages: MAX_PAGES,
  });
  const all: PullRequestFacts[] = [];
  for await (const items of list) {
    for (const item of items) {
      const facts = readItem(item);
      if (facts) all.push(facts);
      else log('warn', 'an open pull request could not be read', { repository: repo.fullName });
    }
  }
  return all;
}

function readItem(item: unknown): PullRequestFacts | null {
  try {
    return toPullRequestFacts(GitHubPullRequest.parse(item));
  } catch {
    return null;
  }
}

function nullWhenGone(error: unknown): null {
  if (isGitHubFailure(error) && error.kind === 'gone') return null;
  throw error;
}
