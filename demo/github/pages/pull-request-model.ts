import { z } from 'zod';
import { CHECK } from '../../../src/shared/status/github.js';
import type { PullRequest } from '../documents.js';
import type { CheckRun, RepositoryState } from '../state.js';
import { gitUser } from '../story/git.js';
import type { World } from '../world.js';
import type { Commit } from './commits.js';
import { markdownToHtml } from './markdown.js';
import { toneOf, type Tone } from './tone.js';

const comments = z.array(
  z.object({ body: z.string(), updated_at: z.string(), user: z.object({ login: z.string() }) }),
);
const shownOutput = z.object({ title: z.string().nullish(), summary: z.string().nullish() });
const shownStatus = z.object({
  description: z.string().nullish(),
  environment_url: z.string().nullish(),
});

interface Check {
  readonly name: string;
  readonly title: string;
  readonly tone: Tone;
  readonly summary: string;
  readonly details: string | null;
}

/** What the page shows. Markdown is safe HTML already; all other texts are escaped by the template. */
export interface PullRequestModel {
  readonly repository: string;
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly author: string;
  readonly branch: string;
  readonly base: string;
  readonly checks: readonly Check[];
  readonly comments: readonly { readonly author: string; readonly at: string; readonly html: string }[];
  readonly deployments: readonly {
    readonly environment: string;
    readonly state: string;
    readonly tone: Tone;
    readonly description: string;
    readonly commit: string;
    readonly url: string | null;
  }[];
  readonly commits: readonly (Commit & { readonly short: string; readonly checks: readonly Check[] })[];
  readonly others: readonly { readonly number: number; readonly title: string; readonly state: string }[];
}

export interface ModelParts {
  readonly repository: RepositoryState;
  readonly pull: PullRequest;
  /** Oldest first. */
  readonly commits: readonly Commit[];
}

export async function pullRequestModel(
  world: World,
  { repository, pull, commits }: ModelParts,
): Promise<PullRequestModel> {
  const { number, title, user, head, base } = pull;
  const { full_name } = repository.document;
  return {
    repository: full_name,
    number,
    title,
    state: stateOf(pull),
    author: user.login,
    branch: head.ref,
    base: base.ref,
    checks: checksOf(repository, head.sha),
    comments: await commentsOf(world, repository, number),
    deployments: deploymentsOf(repository, commits),
    commits: commits.map((commit) => ({
      ...commit,
      short: commit.sha.slice(0, 7),
      checks: checksOf(repository, commit.sha),
    })),
    others: [...repository.pulls.values()]
      .filter((other) => other.number !== number)
      .map((other) => ({ number: other.number, title: other.title, state: stateOf(other) })),
  };
}

function stateOf({ state, merged }: PullRequest): string {
  return merged ? 'merged' : state;
}

function checksOf({ checkRuns }: RepositoryState, sha: string): Check[] {
  return [...checkRuns.values()].filter(({ head_sha }) => head_sha === sha).map(checkOf);
}

function checkOf(run: CheckRun): Check {
  const { title, summary } = shownOutput.parse(run.output);
  return {
    name: run.name,
    title: title ?? run.conclusion ?? run.status,
    tone: toneOf(run.status === CHECK.completed ? run.conclusion : run.status),
    summary: markdownToHtml(summary ?? ''),
    details: webAddress(run.details_url),
  };
}

async function commentsOf(world: World, repository: RepositoryState, number: number) {
  const path = `/repos/${repository.document.full_name}/issues/${number}/comments?per_page=100`;
  const found = await world.emulate.as(gitUser(world, repository), { method: 'GET', path });
  return comments.parse(found).map(({ user, updated_at, body }) => ({
    author: user.login,
    at: `${updated_at.slice(0, 16).replace('T', ' ')} UTC`,
    html: markdownToHtml(body),
  }));
}

/** Newest first, with the newest status of each. */
function deploymentsOf(
  { deployments, deploymentStatuses }: RepositoryState,
  commits: readonly Commit[],
): PullRequestModel['deployments'] {
  const own = [...deployments.values()].filter(({ sha }) => commits.some((commit) => commit.sha === sha));
  return own.reverse().map(({ id, environment, sha }) => {
    const newest = deploymentStatuses.get(id)?.at(-1);
    const { description, environment_url } = shownStatus.parse(newest ?? {});
    return {
      environment,
      state: (newest?.state ?? 'waiting').replaceAll('_', ' '),
      tone: toneOf(newest?.state),
      description: description ?? '',
      commit: sha.slice(0, 7),
      url: webAddress(environment_url),
    };
  });
}

/** Escaping does not stop `javascript:`, so only web addresses become links. */
function webAddress(url: unknown): string | null {
  return typeof url === 'string' && /^https?:\/\//.test(url) ? url : null;
}
