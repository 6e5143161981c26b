import { CHECK } from '../../../src/shared/status/github.js';
import { githubTime } from '../clock.js';
import { toJson, type Json, type PullRequest } from '../documents.js';
import type { WorkflowRun } from '../state.js';
import type { RunContext } from '../story/run-context.js';
import { examplePart } from '../webhooks/examples.js';
import type { World } from '../world.js';

export function workflowRunDocument(world: World, run: RunContext, pull: PullRequest): WorkflowRun {
  const { repository } = run;
  const place = { fullName: repository.document.full_name, url: world.url };
  const example = examplePart({ event: 'workflow_run', action: 'requested', part: 'workflow_run' }, place);
  const now = githubTime(world.options.clock);
  const isOwn = pull.head.repo?.id === repository.document.id;
  return {
    ...example,
    ...addressesOf(world, run),
    id: run.id,
    name: run.workflow.name,
    path: run.workflow.path,
    display_title: pull.title,
    head_branch: pull.head.ref,
    head_sha: pull.head.sha,
    run_number: run.number,
    run_attempt: run.attempt,
    run_started_at: now,
    event: run.eventName,
    status: CHECK.queued,
    conclusion: null,
    workflow_id: run.workflow.id,
    check_suite_id: world.state.nextId(),
    // Empty for forks, as at GitHub.
    pull_requests: isOwn ? [briefPull(world, pull)] : [],
    created_at: now,
    updated_at: now,
    actor: run.actor,
    triggering_actor: run.actor,
    head_commit: { ...toJson(example.head_commit), id: pull.head.sha, timestamp: now },
    repository: repository.document,
    head_repository: pull.head.repo ?? repository.document,
  };
}

function addressesOf(world: World, run: RunContext): Json {
  const { full_name } = run.repository.document;
  const api = `${world.url}/repos/${full_name}/actions/runs/${run.id}`;
  return {
    url: api,
    html_url: `${world.url}/${full_name}/actions/runs/${run.id}`,
    jobs_url: `${api}/jobs`,
    logs_url: `${api}/logs`,
    artifacts_url: `${api}/artifacts`,
    cancel_url: `${api}/cancel`,
    rerun_url: `${api}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${world.url}/repos/${full_name}/actions/workflows/${run.workflow.id}`,
  };
}

function briefPull(world: World, { id, number, head, base }: PullRequest): Json {
  const tip = ({ ref, sha, repo }: PullRequest['head']) => ({
    ref,
    sha,
    repo: repo && { id: repo.id, name: repo.name, url: `${world.url}/repos/${repo.full_name}` },
  });
  const url = `${world.url}/repos/${base.repo?.full_name ?? ''}/pulls/${number}`;
  return { id, number, url, head: tip(head), base: tip(base) };
}
