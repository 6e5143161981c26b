/** Ours and not emulate's: there a pull request ignores pushes, lists invented files and cannot lose its fork. */
import type { Files, Json, PullRequest } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { notFound, ok, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import type { World } from '../world.js';

const need = { permission: 'pull_requests', level: 'read' } as const;

export const pullRequestRoutes: readonly Route[] = [
  repositoryRoute({ at: 'GET /pulls', need, answer: listPulls }),
  repositoryRoute({ at: 'GET /pulls/:number', need, answer: showPull }),
  repositoryRoute({ at: 'GET /pulls/:number/files', need, answer: listFiles }),
  repositoryRoute({ at: 'GET /commits/:sha/pulls', need, answer: listPullsOfCommit }),
];

function listPulls(_: World, { repository, url }: RepositoryRequest): ApiReply {
  const query = url.searchParams;
  const state = query.get('state') ?? 'open';
  const fits = (pull: PullRequest) =>
    [pull.state, 'all'].includes(state) &&
    [pull.head.label, null].includes(query.get('head')) &&
    [pull.base.ref, null].includes(query.get('base'));
  const by = query.get('sort') === 'updated' ? 'updated_at' : 'number';
  const ascending = [...repository.pulls.values()].filter(fits).sort((a, b) => compare(a[by], b[by]));
  return paginated(query.get('direction') === 'asc' ? ascending : ascending.reverse(), { url });
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}

function showPull(_: World, { repository, params }: RepositoryRequest): ApiReply {
  const pull = repository.pulls.get(Number(params.number));
  return pull ? ok(pull) : notFound();
}

/** Empty for the commits of forks, as at GitHub. */
function listPullsOfCommit(_: World, { repository, params, url }: RepositoryRequest): ApiReply {
  const isHere = (pull: PullRequest) =>
    pull.head.sha === params.sha && pull.head.repo?.id === repository.document.id;
  return paginated([...repository.pulls.values()].filter(isHere), { url });
}

function listFiles(world: World, { repository, params, url }: RepositoryRequest): ApiReply {
  const pull = repository.pulls.get(Number(params.number));
  if (!pull) return notFound();
  const before = world.state.files.get(pull.base.sha) ?? {};
  const after = world.state.files.get(pull.head.sha) ?? {};
  const page = `${world.url}/${repository.document.full_name}`;
  const api = `${world.url}/repos/${repository.document.full_name}`;
  const files = changedFiles(before, after).map((file) => ({
    ...file,
    blob_url: `${page}/blob/${pull.head.sha}/${file.filename}`,
    raw_url: `${page}/raw/${pull.head.sha}/${file.filename}`,
    contents_url: `${api}/contents/${file.filename}?ref=${pull.head.sha}`,
  }));
  return paginated(files, { url });
}

export function changedFiles(before: Files, after: Files): (Json & { filename: string })[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((filename) => before[filename] !== after[filename])
    .map((filename) => {
      const additions = lines(after[filename]);
      const deletions = lines(before[filename]);
      const status =
        before[filename] === undefined ? 'added' : after[filename] === undefined ? 'removed' : 'modified';
      return { sha: 'a'.repeat(40), filename, status, additions, deletions, changes: additions + deletions };
    });
}

const lines = (text: string | undefined): number => (text === undefined ? 0 : text.split('\n').length);
