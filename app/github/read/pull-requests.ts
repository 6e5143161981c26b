import { z } from 'zod';
import type { PullRequestFacts } from '../../../src/pull-requests/facts.js';
import { GitHubPullRequest, toPullRequestFacts } from '../../../src/pull-requests/github-payload.js';
import type { RepositoryPermission } from '../../../src/pull-requests/trust.js';
import { type Commit, type CommitRange, isGitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import type { Log } from '../../../src/shared/tools.js';
import { ask, type Caller, pages } from '../client/call.js';
import { defaultWhenDenied } from '../client/to-failure.js';

const CommitAnswer = z.object({
  message: z.string(),
  committer: z.object({ date: z.coerce.date() }).nullish().catch(null),
});

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

/** For skip words and the history. The light form of a commit: the other one lists its files. */
export async function readCommit(
  caller: Caller,
  { repo, sha }: { readonly repo: RepoRef; readonly sha: string },
): Promise<Commit | undefined> {
  const commit = await defaultWhenDenied(
    ask(caller, {
      repo,
      purpose: 'read',
      route: 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}',
      parameters: { commit_sha: sha },
      schema: CommitAnswer,
    }),
    undefined,
  );
  return commit && { message: commit.message.slice(0, 10_000), committedAt: commit.committer?.date };
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

/** Knowing it only saves a build, so a failure of GitHub does not hold the commit back. */
function nothingKnown(error: unknown): null {
  if (isGitHubFailure(error)) return null;
  throw error;
}

/** GitHub lists no more than 3,000 files: https://docs.github.com/rest/pulls/pulls#list-pull-requests-files */
const MAX_FILES = 3_000;

const File = z.object({ filename: z.string(), previous_filename: z.string().optional() });

/** The paths a pull request touches, old names of moved files included. Undefined when the list would be cut: then nothing is filtered. */
export async function listChangedFiles(
  caller: Caller,
  { repo, number }: { readonly repo: RepoRef; readonly number: number },
): Promise<readonly string[] | undefined> {
  const list = pages(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
    parameters: { pull_number: number },
    item: File,
    maxPages: MAX_FILES / 100,
  });
  const paths = new Set<string>();
  let files = 0;
  for await (const items of list) {
    files += items.length;
    for (const { filename, previous_filename } of items) {
      paths.add(filename);
      if (previous_filename !== undefined) paths.add(previous_filename);
    }
  }
  return files < MAX_FILES ? [...paths] : undefined;
}

/** GitHub lists no more files of a comparison: https://docs.github.com/rest/commits/commits#compare-two-commits */
const MAX_COMPARED = 300;

const Comparison = z.object({ status: z.string(), files: z.array(File).optional() });

/** The files are on the first page, however few commits are asked for. A branch that was rewritten is compared with an older commit: that is no answer. */
export async function listFilesBetween(
  caller: Caller,
  { repo, range: { from, to } }: { readonly repo: RepoRef; readonly range: CommitRange },
): Promise<readonly string[] | undefined> {
  const found = await ask(caller, {
    repo,
    purpose: 'read',
    route: 'GET /repos/{owner}/{repo}/compare/{basehead}',
    parameters: { basehead: `${from}...${to}`, per_page: 1 },
    schema: Comparison,
  }).catch(nothingKnown);
  const { status, files } = found ?? {};
  if (!files || files.length >= MAX_COMPARED || (status !== 'ahead' && status !== 'identical'))
    return undefined;
  return files.flatMap(({ filename, previous_filename }) => [filename, previous_filename ?? filename]);
}

const LEVELS = ['admin', 'maintain', 'write', 'triage', 'read', 'none'] as const;

/** Of people: Apps such as `dependabot[bot]` are no collaborators. */
const LOGIN = /^[A-Za-z0-9][\w-]{0,99}$/;

const Answer = z.object({
  permission: z.string(),
  role_name: z.string().optional(),
  user: z.object({ id: z.int() }).nullish(),
});

/**
 * What a person may do in this repository, teams and organisation included. `permission` knows four words, `role_name` all of them and the
 * organisation's own as well. Undefined when GitHub does not say, as for bots: callers fail closed.
 */
export async function readPermission(
  caller: Caller,
  {
    repo,
    login,
    accountId,
  }: { readonly repo: RepoRef; readonly login: string; readonly accountId?: number | undefined },
): Promise<RepositoryPermission | undefined> {
  if (!LOGIN.test(login)) return undefined;
  const answer = await defaultWhenDenied(
    ask(caller, {
      repo,
      purpose: 'read',
      route: 'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
      parameters: { username: login },
      schema: Answer,
    }),
    undefined,
  );
  if (accountId !== undefined && answer?.user?.id !== accountId) return undefined;
  return (
    LEVELS.find((level) => level === answer?.role_name) ??
    LEVELS.find((level) => level === answer?.permission)
  );
}
