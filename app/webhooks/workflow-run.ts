import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { observeWorkflowRun } from '../../src/runs/ended.js';
import { CHECK } from '../../src/shared/status/github.js';
import type { Ports } from '../ports.js';
import { actionOf } from './payload.js';

const Payload = z.object({
  repository: z.object({ id: z.int().positive() }),
  workflow_run: z.object({
    id: z.int().positive(),
    head_sha: z.string(),
    run_attempt: z.int().min(1).nullish(),
    conclusion: z.string().nullable(),
    updated_at: z.coerce.date().nullish().catch(null),
  }),
});

/** Only the end of a run matters: what it should have reported, or should have brought, is not waited for any longer. */
export async function onWorkflowRun(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  if (actionOf(payload) !== CHECK.completed) {
    return { action: 'ignore', rule: 'not-ended', detail: 'The run has not ended.', environmentIds: [] };
  }
  const { repository, workflow_run: run } = Payload.parse(payload);
  return observeWorkflowRun(ports, {
    repoId: repository.id,
    sha: run.head_sha,
    runId: String(run.id),
    attempt: run.run_attempt ?? 1,
    conclusion: run.conclusion,
    endedAt: run.updated_at ?? null,
  });
}
