import { changeEnvironment } from '../environments/change.js';
import { isHeadDeployment, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { TargetPorts } from '../targets/target.js';
import { notMadeLive } from './fence.js';
import type { StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & TargetPorts;

export interface Intent {
  readonly deployment: StoredDeployment;
  readonly artifactRoot: string | null;
}

/** Writes down what is about to be made, before it is made: tear-down then finds it, wherever a crash falls. */
export function intendResource(
  ports: Ports,
  { deployment, artifactRoot }: Intent,
): Promise<StoredEnvironment> {
  return changeEnvironment(ports, {
    id: deployment.environmentId,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment)) {
        throw notMadeLive(seen, deployment);
      }
      const known = seen.resources.find((resource) => resource.deploymentId === deployment.id);
      if (known?.artifactRoot === artifactRoot) return null;
      const others = seen.resources.filter((resource) => resource !== known);
      const made: Resource = {
        target: deployment.target ?? ports.defaultTarget,
        generation: deployment.generation,
        deploymentId: deployment.id,
        artifactRoot,
        doomed: false,
        handle: known?.handle ?? null,
      };
      return { patch: { resources: [...others, made] }, due: [] };
    },
  });
}
