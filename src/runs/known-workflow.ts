import type { Deployment } from '../deployments/model.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';

type Ports = EnvironmentPorts & DeploymentPorts;

/** How far back is looked: the newest say where the step is now. */
const LOOKED_AT = 10;

/** The workflow that brought the newest preview of this project, here or in another pull request; undefined before the first one. */
export async function knownWorkflow(
  ports: Pick<Ports, 'deployments' | 'environments'>,
  { id, projectId }: StoredEnvironment,
): Promise<string | undefined> {
  const own = await ports.deployments.listOf(id, { limit: LOOKED_AT });
  const here = own.items.map(workflowOf).find(isTold);
  if (here !== undefined) return here;
  const others = await ports.environments.list({ projectId }, { limit: LOOKED_AT });
  for (const { current } of others.items) {
    const told = workflowOf(current && (await ports.deployments.get(current.deploymentId)));
    if (told !== undefined) return told;
  }
  return undefined;
}

function workflowOf(deployment: Deployment | null): string | undefined {
  return deployment?.run?.workflow;
}

function isTold(workflow: string | undefined): boolean {
  return workflow !== undefined;
}
