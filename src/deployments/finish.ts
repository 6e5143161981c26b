import { changeEnvironment } from '../environments/change.js';
import { expiresAt } from '../environments/expire.js';
import { abandoned, type Environment, isHeadDeployment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Cause } from '../shared/cause/cause.js';
import { VitrineError } from '../shared/errors.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { endDeployment } from './change.js';
import { notMadeLive } from './fence.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

/**
 * Makes a deployment live by one write of the environment, so that visitors never see a mix of two versions. After a crash before the
 * second write, a repeated report of the run or the stuck reconciler ends the deployment.
 */
export async function finishDeployment(
  ports: Ports,
  { environment, deployment }: { environment: StoredEnvironment; deployment: StoredDeployment },
): Promise<void> {
  const url = deployment.url ?? (deployment.artifactRoot ? environment.url : null);
  if (url === null) {
    throw new VitrineError(
      'unprocessable',
      'Nothing was deployed: upload the build, or give the input "url".',
    );
  }
  const now = ports.clock.now();
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.current?.deploymentId === deployment.id) return null;
      const status = nextEnvironment(seen.status, 'succeed');
      if (!status || !isHeadDeployment(seen, deployment)) {
        throw notMadeLive(seen, deployment);
      }
      const { id, sha, artifactRoot } = deployment;
      return {
        patch: {
          status,
          current: { deploymentId: id, sha, url, artifactRoot, at: now },
          error: null,
          deployedAt: now,
          expiresAt: seen.settings ? expiresAt({ ttl: seen.settings.limits.ttl, lastActivity: now }) : null,
        },
        due: ['report'],
      };
    },
  });
  await endDeployment(ports, { id: deployment.id, ...SUCCESS });
  await ports.environments.markDue(environment.id, 'report');
}

const SUCCESS = { event: 'succeed', endedBy: ENDED_BY.runReport, error: null } as const;

interface Failure {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
  readonly event: 'fail' | 'cancel';
  readonly endedBy: EndedBy;
  readonly error: string;
  readonly logTail?: readonly string[];
  readonly cause?: Cause | null;
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/**
 * Ends a deployment that failed or was cancelled. The previous deployment stays live. The environment is written first: after a crash
 * the deployment is still open, and a repeated report of the run or the stuck reconciler ends it.
 */
export async function failDeployment(ports: Ports, failure: Failure): Promise<void> {
  const { environment, deployment, ...ending } = failure;
  const { event, cause } = ending;
  const error = cause?.line ?? ending.error;
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment) || isLive(seen, deployment)) return null;
      const status = event === 'fail' ? nextEnvironment(seen.status, 'fail') : abandoned(seen);
      return status ? { patch: { status, error }, due: [] } : null;
    },
  });
  await endDeployment(ports, {
    id: deployment.id,
    ...(isLive(written, deployment) ? SUCCESS : ending),
  });
  await ports.environments.markDue(environment.id, 'report');
}

/** A concurrent request may have made the deployment live before the failure was written. */
function isLive({ current }: Environment, { id }: StoredDeployment): boolean {
  return current?.deploymentId === id;
}
