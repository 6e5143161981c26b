/** Ours and not emulate's: there a run cannot belong to a pull request. https://docs.github.com/rest/actions/workflow-runs */
import { CHECK, CONCLUSION } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import { paginated } from '../gateway/paginate.js';
import { accepted, created, notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import type { WorkflowRun } from '../state.js';
import { workflowRunEvent } from '../webhooks/workflow-run-event.js';
import type { World } from '../world.js';

const need = { permission: 'actions', level: 'read' } as const;

export const workflowRunRoutes: readonly Route[] = [
  repositoryRoute({ at: 'GET /actions/runs', need, answer: listRuns }),
  repositoryRoute({ at: 'GET /actions/runs/:id', need, answer: showRun }),
  repositoryRoute({
    at: 'POST /actions/runs/:id/rerun',
    need: { permission: 'actions', level: 'write' },
    answer: rerun,
  }),
  repositoryRoute({
    at: 'POST /actions/runs/:id/cancel',
    need: { permission: 'actions', level: 'write' },
    answer: cancel,
  }),
];

function listRuns(_: World, { repository, url }: RepositoryRequest): ApiReply {
  const query = url.searchParams;
  const fits = (run: WorkflowRun) =>
    [run.head_sha, null].includes(query.get('head_sha')) &&
    [run.event, null].includes(query.get('event')) &&
    [run.status, run.conclusion, null].includes(query.get('status'));
  const runs = [...repository.workflowRuns.values()].filter(fits).reverse();
  return paginated(runs, { url, wrap: (workflow_runs, total_count) => ({ total_count, workflow_runs }) });
}

function showRun(_: World, { repository, params }: RepositoryRequest): ApiReply {
  const run = repository.workflowRuns.get(Number(params.id));
  return run ? ok(run) : notFound();
}

/** Queues the next attempt. `startRun` with `rerunOf` lets a runner take it. */
function rerun(world: World, { repository, params }: RepositoryRequest): ApiReply {
  const run = repository.workflowRuns.get(Number(params.id));
  if (!run) return notFound();
  if (run.status !== CHECK.completed) return refused(403, 'This workflow is already running');
  const now = githubTime(world.options.clock);
  const attempt = Number(run['run_attempt'] ?? 1) + 1;
  const again = { run_attempt: attempt, run_started_at: now, updated_at: now };
  repository.workflowRuns.set(run.id, { ...run, ...again, status: CHECK.queued, conclusion: null });
  return created({});
}

/** At GitHub the jobs end a moment later; here the run has ended at once, and says so. */
function cancel(world: World, { repository, params }: RepositoryRequest): ApiReply {
  const run = repository.workflowRuns.get(Number(params.id));
  if (!run) return notFound();
  if (run.status === CHECK.completed) return refused(409, 'Cannot cancel a workflow run that is completed.');
  const ended = { status: CHECK.completed, conclusion: CONCLUSION.cancelled };
  const stopped = { ...run, ...ended, updated_at: githubTime(world.options.clock) };
  repository.workflowRuns.set(run.id, stopped);
  workflowRunEvent(world, { repository, run: stopped, action: CHECK.completed });
  return accepted({});
}
