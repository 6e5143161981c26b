/** Ours and not emulate's: there a check run has no App, no owner who alone may change it, and loses earlier annotations. */
import { CHECK } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import { toJson, type Json } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { created, notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import { type CheckRun, type RepositoryState, resolveRef } from '../state.js';
import { checkRunEvent } from '../webhooks/check-run-event.js';
import type { World } from '../world.js';
import { appDocument, appOf } from './bot.js';

const read = { permission: 'checks', level: 'read' } as const;
const write = { permission: 'checks', level: 'write' } as const;

export const checkRunRoutes: readonly Route[] = [
  repositoryRoute({ at: 'POST /check-runs', need: write, answer: createCheckRun }),
  repositoryRoute({ at: 'PATCH /check-runs/:id', need: write, answer: updateCheckRun }),
  repositoryRoute({
    at: 'GET /check-runs/:id',
    need: read,
    answer: (_, { repository, params }) => found(repository.checkRuns.get(Number(params.id))),
  }),
  repositoryRoute({
    at: 'GET /check-runs/:id/annotations',
    need: read,
    answer: (_, { repository, params, url }) =>
      paginated(repository.annotations.get(Number(params.id)) ?? [], { url }),
  }),
  repositoryRoute({ at: 'GET /commits/:ref*/check-runs', need: read, answer: listForRef }),
];

function createCheckRun(world: World, request: RepositoryRequest): ApiReply {
  const { repository, body, actor } = request;
  const app = appOf(world, actor);
  if (!app) return refused(403, 'You must authenticate via a GitHub App.');
  if (!world.state.files.has(String(body.head_sha)))
    return refused(422, `No commit found for SHA: ${String(body.head_sha)}`);
  const run = completed(world, {
    ...blank(world, repository, String(body.head_sha)),
    app: appDocument(world, app),
    ...changesOf(body),
  });
  saveCheckRun(world, { repository, run, body });
  return created(repository.checkRuns.get(run.id));
}

function updateCheckRun(world: World, request: RepositoryRequest): ApiReply {
  const { repository, body, params, actor } = request;
  const run = repository.checkRuns.get(Number(params.id));
  if (!run) return notFound();
  // Nobody but the App that made it may change a check run: https://docs.github.com/rest/checks/runs
  if (appOf(world, actor)?.id !== run.app.id) return refused(403, 'Resource not accessible by integration');
  saveCheckRun(world, { repository, run: completed(world, { ...run, ...changesOf(body) }), body });
  return ok(repository.checkRuns.get(run.id));
}

interface Saving {
  readonly repository: RepositoryState;
  readonly run: CheckRun;
  readonly body: Json;
}

function saveCheckRun(world: World, { repository, run, body }: Saving): void {
  const before = repository.checkRuns.get(run.id);
  const { annotations: added, ...output } = toJson(body.output);
  const annotations = [...(repository.annotations.get(run.id) ?? []), ...annotationsOf(added, run)];
  const shown = { ...toJson(run.output), ...output, annotations_count: annotations.length };
  const saved = { ...run, output: shown };
  repository.checkRuns.set(run.id, saved);
  repository.annotations.set(run.id, annotations);
  if (!before) checkRunEvent(world, { action: 'created', repository, run: saved });
  const finishes = saved.status === CHECK.completed && before?.status !== CHECK.completed;
  if (finishes) checkRunEvent(world, { action: CHECK.completed, repository, run: saved });
}

function annotationsOf(added: unknown, run: CheckRun): Json[] {
  const blob = `${String(run.html_url)}/blob`;
  const blank = { start_column: null, end_column: null, title: null, raw_details: null, blob_href: blob };
  return Array.isArray(added) ? added.map((one) => ({ ...blank, ...toJson(one) })) : [];
}

function changesOf(body: Json): Json {
  const names = ['name', 'details_url', 'external_id', 'status', 'started_at', 'completed_at', 'conclusion'];
  return Object.fromEntries(
    names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  );
}

/** A conclusion completes, and what is completed stays so: another status is answered with 200 and changes nothing. */
function completed(world: World, changed: Json): CheckRun {
  const run = changed as CheckRun;
  const now = githubTime(world.options.clock);
  if (run.conclusion !== null)
    return { ...run, status: CHECK.completed, completed_at: run.completed_at ?? now };
  return { ...run, completed_at: null };
}

function blank(world: World, { document, pulls }: RepositoryState, sha: string): Json {
  const id = world.state.nextId();
  const api = `${world.url}/repos/${document.full_name}`;
  const page = `${world.url}/${document.full_name}/runs/${id}`;
  const heads = [...pulls.values()].filter((pull) => pull.head.sha === sha);
  return {
    id,
    node_id: `CR_${id}`,
    head_sha: sha,
    external_id: '',
    url: `${api}/check-runs/${id}`,
    html_url: page,
    details_url: page,
    status: CHECK.queued,
    conclusion: null,
    started_at: githubTime(world.options.clock),
    completed_at: null,
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: 0,
      annotations_url: `${api}/check-runs/${id}/annotations`,
    },
    check_suite: { id: world.state.nextId() },
    pull_requests: heads.map(({ id: pullId, number, head, base }) => ({
      id: pullId,
      number,
      url: `${api}/pulls/${number}`,
      head: { ref: head.ref, sha: head.sha, repo: brief(world, head.repo ?? document) },
      base: { ref: base.ref, sha: base.sha, repo: brief(world, document) },
    })),
  };
}

function brief(world: World, { id, name, full_name }: RepositoryState['document']): Json {
  return { id, name, url: `${world.url}/repos/${full_name}` };
}

function listForRef(_: World, { repository, params, url }: RepositoryRequest): ApiReply {
  const sha = resolveRef(repository, params.ref ?? '');
  if (!sha) return refused(422, `No commit found for SHA: ${params.ref}`);
  const query = url.searchParams;
  const fits = (run: CheckRun) =>
    run.head_sha === sha &&
    [run.name, null].includes(query.get('check_name')) &&
    [run.status, null].includes(query.get('status')) &&
    [String(run.app.id), null].includes(query.get('app_id'));
  const runs = [...repository.checkRuns.values()].filter(fits).reverse();
  const shown = query.get('filter') === 'all' ? runs : newestOfEachName(runs);
  return paginated(shown, { url, wrap: (check_runs, total_count) => ({ total_count, check_runs }) });
}

function newestOfEachName(runs: readonly CheckRun[]): CheckRun[] {
  const newest = new Map<string, CheckRun>();
  for (const run of runs)
    if (!newest.has(`${run.app.id} ${run.name}`)) newest.set(`${run.app.id} ${run.name}`, run);
  return [...newest.values()];
}

function found(document: unknown): ApiReply {
  return document === undefined ? notFound() : ok(document);
}
