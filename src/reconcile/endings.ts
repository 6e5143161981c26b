import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { StatisticsPorts } from '../deployments/statistics.js';
import type { Tools } from '../shared/tools.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = DeploymentPorts & StatisticsPorts & Pick<Tools, 'log'>;

const BATCH = 200;

/**
 * Counts the deployments that have ended since the last time. The counters keep the key of each ending, so that one that is counted again
 * after a crash counts once. Resolves to the number of counted endings.
 */
export async function countEndings(ports: Ports): Promise<number> {
  let counted = 0;
  for (;;) {
    const found = await ports.deployments.withEndings(BATCH);
    const done = await forEachIsolated(ports, {
      items: found,
      fields: { part: 'statistics' },
      work: (deployment) => countOf(ports, deployment),
    });
    counted += done;
    // Those that failed would be found again at once.
    if (found.length < BATCH || done === 0) return counted;
  }
}

async function countOf(ports: Ports, { id, projectId, endings }: StoredDeployment): Promise<number> {
  for (const ending of endings) await ports.statistics.count(ending, projectId);
  await ports.deployments.forgetEndings(
    id,
    endings.map(({ key }) => key),
  );
  return endings.length;
}
