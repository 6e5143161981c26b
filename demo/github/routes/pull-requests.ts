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
  repositoryRoute({
    at: 'GET /compare/:basehead',
    need: { permission: 'contents', level: 'read' },
    answer: compareCommits,
  }),
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
  const range = { from: pull.base.sha, to: pull.head.sha };
  return paginated(filesOf(world, { repository, ...range }), { url });
}

interface Range {
  readonly repository: RepositoryRequest['repository'];
  readonly from: string;
  readonly to: string;
}

function filesOf(world: World, { repository, from, to }: Range) {
  const before = world.state.files.get(from) ?? {};
  const after = world.state.files.get(to) ?? {};
  const page = `${world.url}/${repository.document.full_name}`;
  const api = `${world.url}/repos/${repository.document.full_name}`;
  return changedFiles(before, after).map((file) => ({
    ...file,
    blob_url: `${page}/blob/${to}/${file.filename}`,
    raw_url: `${page}/raw/${to}/${file.filename}`,
    contents_url: `${api}/contents/${file.filename}?ref=${to}`,
  }));
}

/** The files are those that differ from the last common commit, as at GitHub. The commits themselves are not listed. */
function compareCommits(world: World, { repository, params }: RepositoryRequest): ApiReply {
  const [from = '', to = ''] = (params['basehead'] ?? '').split('...');
  if (!world.state.files.has(from) || !world.state.files.has(to)) return notFound();
  const ahead = lineOf(world, to);
  const behind = lineOf(world, from);
  const common = behind.find((sha) => ahead.includes(sha)) ?? from;
  const [aheadBy, behindBy] = [ahead.indexOf(common), behind.indexOf(common)];
  const page = `${world.url}/${repository.document.full_name}/compare/${from}...${to}`;
  return ok({
    url: `${world.url}/repos/${repository.document.full_name}/compare/${from}...${to}`,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitDocument(world, repository, from),
    merge_base_commit: commitDocument(world, repository, common),
    status: statusOf(aheadBy, behindBy),
    ahead_by: aheadBy,
    behind_by: behindBy,
    total_commits: aheadBy,
    commits: [],
    files: filesOf(world, { repository, from: common, to }),
  });
}

/** A commit and all that it was made on, newest first. */
function lineOf({ state }: World, sha: string): string[] {
  const line = [sha];
  for (let parent = state.parents.get(sha); parent !== undefined; parent = state.parents.get(parent))
    line.push(parent);
  return line;
}

function statusOf(aheadBy: number, behindBy: number): string {
  if (behindBy > 0) return aheadBy > 0 ? 'diverged' : 'behind';
  return aheadBy > 0 ? 'ahead' : 'identical';
}

function commitDocument(world: World, { document }: RepositoryRequest['repository'], sha: string): Json {
  const api = `${world.url}/repos/${document.full_name}`;
  const page = `${world.url}/${document.full_name}/commit/${sha}`;
  const author = { name: 'octavia', email: 'octavia@example.com', date: '2026-01-01T00:00:00Z' };
  return {
    url: `${api}/commits/${sha}`,
    sha,
    node_id: `C_${sha}`,
    html_url: page,
    comments_url: `${api}/commits/${sha}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author,
      committer: author,
      message: 'A commit',
      comment_count: 0,
      tree: { sha, url: `${api}/git/trees/${sha}` },
    },
    author: null,
    committer: null,
    parents: [],
  };
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
