import type { DeliveryDecision } from '../deliveries/store.js';
import { environmentOf } from '../deployments/fence.js';
import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { GitHubPorts } from '../repositories/github.js';
import { CONCLUSION } from '../shared/status/github.js';
import { ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { endUnclaimed } from './unclaimed.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  Pick<TargetPorts, 'targets'> &
  GitHubPorts &
  Pick<Tools, 'clock'>;

interface FinishedRun {
  readonly repoId: number;
  readonly sha: string;
  readonly runId: string;
  readonly attempt: number;
  readonly conclusion: string | null;
  readonly endedAt: Date | null;
}

/** A workflow run ended: ends the open deployments it had claimed, and the unclaimed ones it should have claimed. */
export async function observeWorkflowRun(ports: Ports, run: FinishedRun): Promise<DeliveryDecision> {
  const silent = await endOpenOfRun(ports, run);
  const unclaimed = await endUnclaimedOfCommit(ports, run);
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

/** Why a deployment ended whose run did not say it. */
export const WITHOUT_RESULT = {
  fail: 'The workflow run ended without reporting a result: see its log on GitHub.',
  cancel: 'The workflow run was cancelled before it reported a result.',
} as const;

async function endOpenOfRun(ports: Ports, run: FinishedRun): Promise<readonly StoredDeployment[]> {
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

/** Asks GitHub only when an unclaimed deployment exists; most runs claim theirs before they end. */
async function endUnclaimedOfCommit(ports: Ports, run: FinishedRun): Promise<readonly StoredDeployment[]> {
  const ended = { id: run.runId, attempt: run.attempt, conclusion: run.conclusion, endedAt: run.endedAt };
  const endedDeployments: StoredDeployment[] = [];
  for (const deployment of await ports.deployments.unclaimedOf(run.repoId, run.sha)) {
    if (await endUnclaimed(ports, { deployment, patient: false, ended })) endedDeployments.push(deployment);
  }
  return endedDeployments;
}
