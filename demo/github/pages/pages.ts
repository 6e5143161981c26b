/** What people see: the page of a pull request, redirects to it from the other GitHub URLs that our reports link, and pictures of people. */
import type { PullRequest } from '../documents.js';
import type { Incoming } from '../gateway/incoming.js';
import type { ApiReply } from '../gateway/reply.js';
import { findRepository, type RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { createCommits } from './commits.js';
import { drawIdenticon } from './identicon.js';
import { pullRequestModel } from './pull-request-model.js';
import { createPageRenderer } from './render-page.js';

/** Undefined when the request is for the API. */
export type Pages = (incoming: Incoming) => Promise<ApiReply | undefined>;

const PLACE = new RegExp(
  '^/(?!repos/)(?<owner>[^/]+)/(?<name>[^/]+)/(?:' +
    [
      '(?:pull|issues)/(?<number>\\d+)(?:/commits/(?<at>[0-9a-f]+)|/\\w+)?',
      'commit/(?<sha>[0-9a-f]{40})',
    ].join('|') +
    '|runs/(?<check>\\d+)|actions/runs/(?<run>\\d+)(?:/.*)?)/?$',
);
/** A repository or the home page. The API has these paths too, so only browsers get a page there. */
const HOME = /^\/(?:(?<owner>[^/]+)\/(?<name>[^/]+)\/?)?$/;

/** Of an account: by its number in `accountDocument`, and by its login where emulate names it. */
const AVATAR = /^\/avatars\/(?:u\/)?([^/]+)$/;

interface Spot {
  readonly repository: RepositoryState;
  readonly pull: PullRequest;
  readonly anchor?: string;
}

export function createPages(world: World): Pages {
  const commitsOf = createCommits(world);
  const render = createPageRenderer();

  async function withCommit(
    repository: RepositoryState,
    sha: string | undefined,
  ): Promise<PullRequest | undefined> {
    for (const pull of [...repository.pulls.values()].reverse()) {
      const commits = await commitsOf(repository, pull);
      if (commits.some((commit) => commit.sha === sha)) return pull;
    }
    return undefined;
  }

  async function spotOf(repository: RepositoryState, place: Place): Promise<Spot | undefined> {
    const { number, at, sha, check, run } = place;
    const pull = number
      ? repository.pulls.get(Number(number))
      : await withCommit(repository, sha ?? commitBehind(repository, { check, run }));
    const commit = at ?? sha;
    const anchor = commit ? `commit-${commit.slice(0, 7)}` : check || run ? 'checks' : undefined;
    return pull && { repository, pull, ...(anchor && { anchor }) };
  }

  return async ({ method, url, accept }) => {
    if (method !== 'GET') return undefined;
    const { pathname } = url;
    const [, account] = AVATAR.exec(pathname) ?? [];
    if (account !== undefined) return avatar(world, decodeURIComponent(account));
    const place: Place | undefined = PLACE.exec(pathname)?.groups;
    if (!place) return accept?.includes('text/html') ? newest(world, HOME.exec(pathname)) : undefined;
    const repository = findRepository(world.state, `${place.owner}/${place.name}`);
    const spot = repository && (await spotOf(repository, place));
    if (!spot) return nothing();
    const address = addressOf(spot);
    if (pathname !== address) return moved(spot.anchor ? `${address}#${spot.anchor}` : address);
    const commits = await commitsOf(spot.repository, spot.pull);
    return render(await pullRequestModel(world, { ...spot, commits }));
  };
}

function avatar({ state }: World, account: string): ApiReply {
  const { login } = [...state.accounts.values()].find(({ id }) => String(id) === account) ?? {};
  return { status: 200, body: drawIdenticon(login ?? account), headers: { 'content-type': 'image/png' } };
}

type Place = Readonly<Record<string, string | undefined>>;

function commitBehind(
  { checkRuns, workflowRuns }: RepositoryState,
  { check, run }: Place,
): string | undefined {
  return (checkRuns.get(Number(check)) ?? workflowRuns.get(Number(run)))?.head_sha;
}

function newest({ state }: World, match: RegExpExecArray | null): ApiReply | undefined {
  if (!match) return undefined;
  const { owner, name } = match.groups ?? {};
  const named = owner ? [findRepository(state, `${owner}/${name}`)] : [...state.repositories.values()];
  const spots = named.flatMap((repository) =>
    repository ? [...repository.pulls.values()].map((pull) => ({ repository, pull })) : [],
  );
  const last = spots.at(-1);
  return last ? moved(addressOf(last)) : nothing();
}

function addressOf({ repository, pull }: Spot): string {
  return `/${repository.document.full_name}/pull/${pull.number}`;
}

function moved(location: string): ApiReply {
  return { status: 302, body: '', headers: { location } };
}

function nothing(): ApiReply {
  const body =
    'This emulated GitHub has no such page. It shows pull requests only: /<owner>/<repository>/pull/<number>\n';
  return { status: 404, body, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}
