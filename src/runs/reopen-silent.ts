import { changeDeployment } from '../deployments/change.js';
import { waitingAgain } from '../deployments/model.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { RunRef } from '../shared/run-ref.js';
import { nextDeployment } from '../shared/status/deployment.js';
import { forgetError } from './forget-error.js';
import { endedSilently } from './silent-end.js';

type Ports = EnvironmentPorts & DeploymentPorts;

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
