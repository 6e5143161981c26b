import { VitrineError } from '../shared/errors.js';
import type { DeploymentPatch, DeploymentPorts, StoredDeployment } from './store.js';

type Ports = DeploymentPorts;

const TRIES = 20;

/** Look, decide, compare-and-set, again when somebody was first. `plan` answers null when nothing is to be done. */
export async function changeDeployment(
  ports: Pick<Ports, 'deployments'>,
  { id, plan }: { id: string; plan: (seen: StoredDeployment) => DeploymentPatch | null },
): Promise<StoredDeployment> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const seen = await ports.deployments.get(id);
    if (!seen) throw new VitrineError('not_found', `There is no deployment ${id}.`);
    const patch = plan(seen);
    if (!patch) return seen;
    const written = await ports.deployments.change(seen, patch);
    if (written) return written;
  }
  throw new VitrineError('unavailable', `Deployment ${id} changes faster than it can be written: try again.`);
}
