import { changeDeployment } from '../deployments/change.js';
import { type Deployment, waitingAgain } from '../deployments/model.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import { DEPLOYMENT, nextDeployment } from '../shared/status/deployment.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';

type Ports = EnvironmentPorts & DeploymentPorts;

interface EndedUnclaimed {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

/** Reopens a deployment that ended because no run had claimed it. */
export async function reviveUnclaimed(
  ports: Pick<Ports, 'environments' | 'deployments'>,
  { environment, deployment }: EndedUnclaimed,
): Promise<StoredDeployment> {
  if (deployment.run !== null || !DEPLOYMENT[deployment.status].settled) return deployment;
  const revived = await changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = seen.run === null ? nextDeployment(seen.status, 'revive') : undefined;
      return status ? { ...waitingAgain(), status } : null;
    },
  });
  await clearError(ports, { environment, deployment });
  return revived;
}

/** Reopens the head's deployment when it ended only because its run had not reported a result. */
export async function reopenSilent(
  ports: Ports,
  { environment, run }: { environment: StoredEnvironment; run: RunRef },
): Promise<void> {
  const id = environment.head?.deploymentId;
  const deployment = id === undefined ? null : await ports.deployments.get(id);
  if (!deployment || !endedWithoutResult(deployment, run)) return;
  await changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = endedWithoutResult(seen, run) ? nextDeployment(seen.status, 'revive') : undefined;
      return status ? { ...waitingAgain(), run: null, status } : null;
    },
  });
  await clearError(ports, { environment, deployment });
}

/** Clears the environment's error after the head's deployment was reopened. */
async function clearError(
  ports: Pick<Ports, 'environments'>,
  { environment, deployment }: { environment: StoredEnvironment; deployment: StoredDeployment },
): Promise<void> {
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.head?.deploymentId !== deployment.id || seen.error === null) return null;
      return { patch: { error: null }, due: ['report'] };
    },
  });
}

const WITHOUT_RESULT: readonly (EndedBy | null)[] = [ENDED_BY.runEnd, ENDED_BY.runSilence];

/**
 * True when the server ended this run's deployment before the run reported an outcome. GitHub sends events in any order, so the run's
 * own report may arrive after the event of its end. The report is the better source.
 */
export function endedWithoutResult({ run, endedBy }: Deployment, of: RunRef): boolean {
  return sameRun(run, of) && WITHOUT_RESULT.includes(endedBy);
}
