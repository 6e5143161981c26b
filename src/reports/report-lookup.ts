import type { Deployment } from '../deployments/model.js';
import type { DeploymentPorts } from '../deployments/store.js';

type Ports = DeploymentPorts;

export type Lookup = (id: string) => Promise<Deployment | null>;

/** Each deployment is read once for a report, however many of its parts speak of it. */
export function createLookup({ deployments }: Pick<Ports, 'deployments'>): Lookup {
  const asked = new Map<string, Promise<Deployment | null>>();
  return (id) => {
    const found = asked.get(id) ?? deployments.get(id);
    asked.set(id, found);
    return found;
  };
}
