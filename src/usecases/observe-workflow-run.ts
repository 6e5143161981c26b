import type { DeliveryDecision, Ports } from '../ports.js';
import { environmentOf } from './record-progress.js';
import { failDeployment } from './fail-deployment.js';
import { CONCLUSION } from '../domain/lifecycle.js';
import { SILENT_END } from './silent-end.js';

export interface FinishedRun {
  readonly repoId: number;
  readonly runId: string;
  readonly attempt: number;
  readonly conclusion: string | null;
}

/** A workflow run ended. A deployment it took on and never ended itself failed: nothing waits for ever. */
export async function observeWorkflowRun(ports: Ports, run: FinishedRun): Promise<DeliveryDecision> {
  const open = await ports.deployments.unsettledOfRun(run.repoId, run.runId);
  const ended = open.filter((deployment) => deployment.run && deployment.run.attempt <= run.attempt);
  for (const deployment of ended) {
    const environment = await environmentOf(ports, deployment);
    const event = run.conclusion === CONCLUSION.cancelled ? 'cancel' : 'fail';
    await failDeployment(ports, { environment, deployment, event, error: SILENT_END[event] });
  }
  const environmentIds = ended.map((deployment) => deployment.environmentId);
  if (ended.length === 0) {
    return {
      action: 'ignore',
      rule: 'nothing-open',
      detail: 'No deployment of this run was open.',
      environmentIds,
    };
  }
  return {
    action: 'update',
    rule: 'run-ended',
    detail: 'The run ended without reporting a result.',
    environmentIds,
  };
}
