import { z } from 'zod';
import type { WorkflowRun } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import { CHECK } from '../../../src/shared/status/github.js';
import { type Caller, pages, send } from '../client/call.js';
import { defaultWhenDenied } from '../client/to-failure.js';

/** A thousand runs of one commit. With more, the server does not end a waiting check early. */
const MAX_PAGES = 10;

const When = z.coerce.date().nullish().catch(null);
const Run = z.object({
  id: z.int().positive(),
  run_attempt: z.int().min(1).nullish(),
  name: z.string().nullish(),
  path: z.string().nullish(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  html_url: z.string().nullish(),
  run_started_at: When,
  updated_at: When,
});

/** The runs of a commit that a pull request started; each with its newest attempt. Undefined when GitHub does not let us look. */
export function listWorkflowRuns(
  caller: Caller,
  wanted: { readonly repo: RepoRef; readonly sha: string },
): Promise<readonly WorkflowRun[] | undefined> {
  return defaultWhenDenied(readAll(caller, wanted), undefined);
}

/** All jobs: the preview may need what an earlier job made. GitHub answers 201 before the run begins. */
export async function rerunWorkflow(
  caller: Caller,
  { repo, runId }: { readonly repo: RepoRef; readonly runId: string },
): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun';
  await send(caller, { repo, purpose: 'rerun', route, parameters: { run_id: Number(runId) } });
}

/** GitHub answers 202, and stops the jobs a moment later; 409 for a run that has ended. */
export async function cancelWorkflowRun(
  caller: Caller,
  { repo, runId }: { readonly repo: RepoRef; readonly runId: string },
): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel';
  await send(caller, { repo, purpose: 'rerun', route, parameters: { run_id: Number(runId) } });
}

async function readAll(
  caller: Caller,
  { repo, sha }: { readonly repo: RepoRef; readonly sha: string },
): Promise<readonly WorkflowRun[] | undefined> {
  const list = pages(caller, {
    repo,
    purpose: 'runs',
    route: 'GET /repos/{owner}/{repo}/actions/runs',
    parameters: { head_sha: sha, event: 'pull_request' },
    within: 'workflow_runs',
    item: Run,
    maxPages: MAX_PAGES,
  });
  const runs: WorkflowRun[] = [];
  for await (const items of list) runs.push(...items.map(toRun));
  return runs.length < MAX_PAGES * 100 ? runs : undefined;
}

function toRun({ id, name, path, status, conclusion, ...rest }: z.infer<typeof Run>): WorkflowRun {
  const ended = status === CHECK.completed;
  return {
    id: String(id),
    attempt: rest.run_attempt ?? 1,
    name: name || path || 'workflow',
    // GitHub may add the branch that the file was read from.
    workflow: path?.split('@')[0] ?? null,
    conclusion: ended ? conclusion : null,
    startedAt: rest.run_started_at ?? null,
    // Nothing is written there after the end.
    endedAt: ended ? (rest.updated_at ?? null) : null,
    url: rest.html_url ?? null,
  };
}
