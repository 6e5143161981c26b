import { changeEnvironment } from '../environments/change.js';
import { isActive } from '../environments/model.js';
import { overtakenBy } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { RunRef } from '../shared/run-ref.js';
import { nextDeployment } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import { changeDeployment } from './change.js';
import { waitingAgain } from './model.js';
import { deploymentOfHead } from './new-deployment.js';
import { settleDeployment } from './settle-deployment.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

/** The generation of the first head: nothing can be older. */
const FIRST = 1;

type Needs = Pick<Ports, 'environments' | 'deployments' | 'clock' | 'newId'>;

/**
 * The environment names the deployment of its head; this makes the document so. Whoever comes along repairs what a crash left
 * between the two writes, and everything older is superseded.
 */
export async function ensureHeadDeployment(
  ports: Needs,
  { environment, run }: { environment: StoredEnvironment; run: RunRef | null },
): Promise<StoredDeployment | null> {
  const { head } = environment;
  if (!head || !isActive(environment) || environment.decision?.action !== 'deploy') return null;
  const deployment = await ports.deployments.ensure({ ...deploymentOfHead(environment, head), run });
  if (deployment.generation < environment.generation) return takeUpAgain(ports, { environment, deployment });
  await supersedeOlder(ports, environment);
  return deployment;
}

interface Reopened {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

/** Reopened at the same commit: what no run had taken on is waited for again; what a run had worked on is history. */
async function takeUpAgain(
  ports: Needs,
  { environment, deployment }: Reopened,
): Promise<StoredDeployment | null> {
  if (deployment.run !== null) {
    const moved = await changeEnvironment(ports, {
      id: environment.id,
      plan: (seen) => {
        if (seen.head?.deploymentId !== deployment.id) return null;
        return { patch: { head: { ...seen.head, deploymentId: ports.newId() } }, due: ['report'] };
      },
    });
    return ensureHeadDeployment(ports, { environment: moved, run: null });
  }
  const { generation } = environment;
  return changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = nextDeployment(seen.status, 'revive');
      return status && seen.generation < generation ? { ...waitingAgain(), generation, status } : null;
    },
  });
}

export async function supersedeOlder(ports: Needs, environment: StoredEnvironment): Promise<void> {
  const { id: environmentId, generation: before } = environment;
  if (before <= FIRST) return;
  const open = await ports.deployments.unsettledOf(environmentId);
  for (const { id, sha } of open.filter(({ generation }) => generation < before)) {
    const error = overtakenBy(environment, { sha });
    await settleDeployment(ports, { id, event: 'supersede', error, before });
  }
}
