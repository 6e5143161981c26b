import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { isActive } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { isVitrineError, VitrineError, type ErrorCode } from '../shared/errors.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { claimRun, type ClaimRequest } from './claim.js';

type Ports = EnvironmentPorts & DeploymentPorts & TargetPorts & Pick<Tools, 'clock' | 'newId'>;

/** A run that cannot do its work ends its deployment at once: the reason is for the check and the comment, not for the run's log alone. */
export async function refuseRun(
  ports: Ports,
  { environment, body, reason }: { environment: StoredEnvironment; body: ClaimRequest; reason: string },
): Promise<VitrineError> {
  const claimed = await claimRun(ports, { environment, body });
  if (!DEPLOYMENT[claimed.deployment.status].settled) {
    await failDeployment(ports, { ...claimed, event: 'fail', error: reason });
  }
  return new VitrineError('unprocessable', reason);
}

const ASKED_WRONGLY: readonly ErrorCode[] = ['bad_request', 'not_found'];

/** The workflow asks for the wrong thing, and will ask for the same the next time. */
export function isAskedWrongly(error: unknown): error is VitrineError {
  return isVitrineError(error) && ASKED_WRONGLY.includes(error.code);
}

export interface Misled {
  readonly repoId: number;
  readonly number: number;
  readonly sha: string;
  readonly error: VitrineError;
}

/** A run of which nobody can say which deployment it is for: those of its commit that still wait for one tell why it does not come. */
export async function refuseWaiting(ports: Ports, { repoId, number, sha, error }: Misled): Promise<void> {
  for (const environment of await ports.environments.ofPullRequest(repoId, number)) {
    const { head } = environment;
    if (!isActive(environment) || head?.sha !== sha) continue;
    const deployment = await ports.deployments.get(head.deploymentId);
    if (!deployment || deployment.run !== null || DEPLOYMENT[deployment.status].settled) continue;
    await failDeployment(ports, { environment, deployment, event: 'fail', error: error.message });
  }
}
