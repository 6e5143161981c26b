import { changeDeployment } from '../deployments/change.js';
import { waitingAgain } from '../deployments/model.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { DEPLOYMENT, nextDeployment } from '../shared/status/deployment.js';
import { forgetError } from './forget-error.js';

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
