import type { DeliveryDecision } from '../deliveries/store.js';
import { environmentOf } from '../deployments/fence.js';
import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { GitHubPorts } from '../repositories/github.js';
import { CONCLUSION } from '../shared/status/github.js';
import { ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { settleUnclaimed } from './unclaimed.js';

type Ports = EnvironmentPorts & DeploymentPorts & GitHubPorts & Pick<Tools, 'clock'>;

interface FinishedRun {
  readonly repoId: number;
  readonly sha: string;
  readonly runId: string;
  readonly attempt: number;
  readonly conclusion: string | null;
  readonly endedAt: Date | null;
}

/** A workflow run ended. A deployment that it took on and never ended failed, and so did one that it should have taken on. */
export async function observeWorkflowRun(ports: Ports, run: FinishedRun): Promise<DeliveryDecision> {
  const silent = await endSilent(ports, run);
  const unclaimed = await endUnclaimed(ports, run);
  const environmentIds = [...silent, ...unclaimed].map((deployment) => deployment.environmentId);
  if (environmentIds.length === 0) {
    return {
      action: 'ignore',
      rule: 'nothing-open',
      detail: 'No deployment of this run was open, and none waits in vain.',
      environmentIds,
    };
  }
  const detail =
    silent.length > 0
      ? 'The run ended without reporting a result.'
      : 'The workflows of this commit ended before a preview step started.';
  return { action: 'update', rule: 'run-ended', detail, environmentIds };
}

const WITHOUT_RESULT = {
  fail: 'The workflow run ended without reporting a result: see its log on GitHub.',
  cancel: 'The workflow run was cancelled before it reported a result.',
} as const;

async function endSilent(ports: Ports, run: FinishedRun): Promise<readonly StoredDeployment[]> {
  const open = await ports.deployments.unsettledOfRun(run.repoId, run.runId);
  const ended = open.filter((deployment) => deployment.run && deployment.run.attempt <= run.attempt);
  for (const deployment of ended) {
    const environment = await environmentOf(ports, deployment);
    const event = run.conclusion === CONCLUSION.cancelled ? 'cancel' : 'fail';
    await failDeployment(ports, {
      environment,
      deployment,
      event,
      endedBy: ENDED_BY.runEnd,
      error: WITHOUT_RESULT[event],
    });
  }
  return ended;
}

/** GitHub is asked only while something waits: most runs end long after the preview was taken on. */
async function endUnclaimed(ports: Ports, run: FinishedRun): Promise<readonly StoredDeployment[]> {
  const ended = { id: run.runId, attempt: run.attempt, conclusion: run.conclusion, endedAt: run.endedAt };
  const settled: StoredDeployment[] = [];
  for (const deployment of await ports.deployments.unclaimedOf(run.repoId, run.sha)) {
    if (await settleUnclaimed(ports, { deployment, patient: false, ended })) settled.push(deployment);
  }
  return settled;
}
