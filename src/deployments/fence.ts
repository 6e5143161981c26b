import { isActive, isHeadDeployment } from '../environments/model.js';
import { removal, supersededReason, removedReason, supersession } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import { endDeployment } from './change.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

/** The error for a run whose deployment was superseded or removed before it went live. */
export function notMadeLive(environment: StoredEnvironment, deployment: StoredDeployment): VitrineError {
  const reason = isActive(environment)
    ? supersededReason(environment, deployment)
    : removedReason(environment);
  return new VitrineError('stale_head', `${reason} This deployment was not made live.`);
}

export async function environmentOf(ports: Ports, deployment: StoredDeployment): Promise<StoredEnvironment> {
  const environment = await ports.environments.get(deployment.environmentId);
  if (!environment)
    throw new VitrineError('environment_gone', 'The preview was deleted while it was being built.');
  return environment;
}

/** Throws unless the deployment is open and belongs to the newest generation of an active environment. */
export async function refuseLate(
  ports: Ports,
  { environment, deployment }: { environment: StoredEnvironment; deployment: StoredDeployment },
): Promise<void> {
  if (isHeadDeployment(environment, deployment)) {
    if (!DEPLOYMENT[deployment.status].settled) return;
    throw new VitrineError(
      'conflict',
      `This deployment has ended already: ${deployment.error ?? deployment.status}`,
    );
  }
  const gone = !isActive(environment);
  const ending = gone ? removal(environment) : supersession(environment, deployment);
  await endDeployment(ports, { id: deployment.id, event: gone ? 'cancel' : 'supersede', ...ending });
  throw new VitrineError(
    gone ? 'environment_gone' : 'stale_head',
    `${ending.error} This deployment was not made live.`,
  );
}
