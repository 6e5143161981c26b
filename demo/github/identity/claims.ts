import type { Json } from '../documents.js';
import type { RunContext } from '../story/run-context.js';

/**
 * The claims of a job's token. `sub` has the immutable form that repositories made after 2026-07-15 send: whoever parses names
 * out of it breaks here as at GitHub. https://docs.github.com/actions/reference/security/oidc
 */
export function claimsOf(run: RunContext): Json {
  const { document: repository } = run.repository;
  const { owner } = repository;
  const workflowRef = `${repository.full_name}/${run.workflow.path}@${run.ref}`;
  const subject = `repo:${owner.login}@${owner.id}/${repository.name}@${repository.id}`;
  const isPullRequest = run.eventName.startsWith('pull_request');
  return {
    sub: isPullRequest ? `${subject}:pull_request` : `${subject}:ref:${run.ref}`,
    ref: run.ref,
    ref_type: 'branch',
    ref_protected: 'false',
    sha: run.sha,
    repository: repository.full_name,
    repository_id: String(repository.id),
    repository_owner: owner.login,
    repository_owner_id: String(owner.id),
    repository_visibility: repository.private ? 'private' : 'public',
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    actor: run.actor.login,
    actor_id: String(run.actor.id),
    head_ref: run.headRef,
    base_ref: run.baseRef,
    event_name: run.eventName,
    workflow: run.workflow.name,
    workflow_ref: workflowRef,
    workflow_sha: run.sha,
    job_workflow_ref: workflowRef,
    job_workflow_sha: run.sha,
    runner_environment: 'github-hosted',
    check_run_id: String(run.checkRunId),
  };
}
