import { changeDeployment } from '../deployments/change.js';
import { type Deployment, waitingAgain } from '../deployments/model.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import { DEPLOYMENT, nextDeployment } from '../shared/status/deployment.js';

type Ports = EnvironmentPorts & DeploymentPorts;

interface GivenUp {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

/** Given up because no run had taken it on: the run that comes all the same, whatever way it has, is what was waited for. */
export async function reviveUnclaimed(
  ports: Pick<Ports, 'environments' | 'deployments'>,
  { environment, deployment }: GivenUp,
): Promise<StoredDeployment> {
  if (deployment.run !== null || !DEPLOYMENT[deployment.status].settled) return deployment;
  const revived = await changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = seen.run === null ? nextDeployment(seen.status, 'revive') : undefined;
      return status ? { ...waitingAgain(), status } : null;
    },
  });
  await forgetError(ports, { environment, deployment });
  return revived;
}

/** Opens the deployment of the head again if all that is known against it is that its run ended or fell silent: now the run speaks for itself. */
export async function reopenSilent(
  ports: Ports,
  { environment, run }: { environment: StoredEnvironment; run: RunRef },
): Promise<void> {
  const id = environment.head?.deploymentId;
  const deployment = id === undefined ? null : await ports.deployments.get(id);
  if (!deployment || !endedSilently(deployment, run)) return;
  await changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = endedSilently(seen, run) ? nextDeployment(seen.status, 'revive') : undefined;
      return status ? { ...waitingAgain(), run: null, status } : null;
    },
  });
  await forgetError(ports, { environment, deployment });
}

/** What the environment says against the deployment of its head holds no more: that one goes on. */
async function forgetError(
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

/** What a deployment says whose run ended, or seems to have ended, without a word of its own. */
export const ENDED_WITHOUT_RESULT = {
  fail: 'The workflow run ended without reporting a result: see its log on GitHub.',
  cancel: 'The workflow run was cancelled before it reported a result.',
  silence: 'The workflow run fell silent for 15 minutes: see its log on GitHub, then re-run it.',
} as const;

/** GitHub promises no order: what the run itself reports may be heard of after its end, and knows better. */
export function endedSilently({ run, error }: Deployment, of: RunRef): boolean {
  return sameRun(run, of) && Object.values<string | null>(ENDED_WITHOUT_RESULT).includes(error);
}
