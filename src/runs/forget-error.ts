import type { StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';

type Ports = EnvironmentPorts;

/** What the environment says against the deployment of its head holds no more: that one goes on. */
export async function forgetError(
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
