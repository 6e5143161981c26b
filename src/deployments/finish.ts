import { changeEnvironment } from '../environments/change.js';
import { expiresAt } from '../environments/expire.js';
import { abandoned, type Environment, isHeadDeployment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { endDeployment } from './change.js';
import { notMadeLive } from './fence.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

/**
 * Flips the one pointer: visitors see the old or the new version, never a mix. The environment is written first, because it is the
 * truth; a crash before the second write is repaired by the run's repeat or by the stuck reconciler.
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
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/**
 * Ends a deployment that did not make it. What was live before stays live; only the head is red. The environment is written first: as
 * long as the deployment is open, the run's repeat or the stuck reconciler completes what a crash cut off.
 */
export async function failDeployment(ports: Ports, failure: Failure): Promise<void> {
  const { environment, deployment, ...ending } = failure;
  const { event, error } = ending;
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

/** It went live in the same moment: the report of its failure did not know that. */
function isLive({ current }: Environment, { id }: StoredDeployment): boolean {
  return current?.deploymentId === id;
}
