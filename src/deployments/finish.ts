import { changeEnvironment } from '../environments/change.js';
import { expiresAt } from '../environments/expire.js';
import { isHeadDeployment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { nextEnvironment } from '../shared/status/environment.js';
import type { Tools } from '../shared/tools.js';
import { notMadeLive } from './fence.js';
import { settleDeployment } from './settle-deployment.js';
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
  await settleDeployment(ports, { id: deployment.id, event: 'succeed', error: null });
  await ports.environments.markDue(environment.id, 'report');
}
