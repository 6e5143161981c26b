import { changeEnvironment } from '../environments/change.js';
import { abandoned, isHeadDeployment, type Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { nextEnvironment } from '../shared/status/environment.js';
import type { Tools } from '../shared/tools.js';
import { settleDeployment } from './settle-deployment.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

export interface Failure {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
  readonly event: 'fail' | 'cancel';
  readonly error: string;
  readonly logTail?: readonly string[];
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/**
 * Ends a deployment that did not make it. What was live before stays live; only the head is red. The environment is written first: as
 * long as the deployment is open, the run's repeat or the stuck reconciler completes what a crash cut off.
 */
export async function failDeployment(ports: Ports, failure: Failure): Promise<void> {
  const { environment, deployment, event, error, ...more } = failure;
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment) || isLive(seen, deployment)) return null;
      const status = event === 'fail' ? nextEnvironment(seen.status, 'fail') : abandoned(seen);
      return status ? { patch: { status, error }, due: [] } : null;
    },
  });
  await settleDeployment(
    ports,
    isLive(written, deployment)
      ? { id: deployment.id, event: 'succeed', error: null }
      : { id: deployment.id, event, error, ...more },
  );
  await ports.environments.markDue(environment.id, 'report');
}

/** It went live in the same moment: who says that it failed has not seen it. */
function isLive({ current }: Environment, { id }: StoredDeployment): boolean {
  return current?.deploymentId === id;
}
