import { z } from 'zod';
import { observeWorkflowRun } from '../../src/runs/ended.js';
import { CHECK } from '../../src/shared/status/github.js';
import { declareEvent } from './declare-event.js';
import { Action, Id, ignored, onlyAbout, Sha } from './payload.js';

/** Only the end of a run matters: a deployment that still waits for this run's report is ended. */
export const workflowRun = declareEvent({
  name: 'workflow_run',
  shape: onlyAbout('workflow_run', {
    action: Action,
    repository: z.object({ id: Id, full_name: z.string().regex(/^[^/\s]+\/[^/\s]+$/) }),
    workflow_run: z.object({
      id: Id,
      head_sha: Sha,
      run_attempt: z.int().min(1).nullish(),
      conclusion: z.string().nullable(),
      updated_at: z.coerce.date().nullish().catch(null),
    }),
  }),
  keep: {
    workflow_run: {
      id: true,
      name: true,
      head_sha: true,
      run_attempt: true,
      event: true,
      conclusion: true,
      updated_at: true,
      html_url: true,
    },
  },
  async handle(ports, { action, repository, workflow_run: run }) {
    if (action !== CHECK.completed) return ignored('not-ended', 'The run has not ended.');
    return observeWorkflowRun(ports, {
      repoId: repository.id,
      sha: run.head_sha,
      runId: String(run.id),
      attempt: run.run_attempt ?? 1,
      conclusion: run.conclusion,
      endedAt: run.updated_at ?? null,
    });
  },
});
