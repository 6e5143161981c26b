import { isHeadDeployment, type Resource } from '../domain/environment.js';
import type { Ports } from '../ports.js';
import type { StoredDeployment } from '../ports/deployments.js';
import type { StoredEnvironment } from '../ports/environments.js';
import { changeEnvironment } from './change-environment.js';
import { notMadeLive } from './not-made-live.js';

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
