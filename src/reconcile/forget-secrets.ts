import { activeEnvironments } from '../environments/list.js';
import type { EnvironmentPorts } from '../environments/store.js';
import { forgetDelivered } from '../secrets/delivered.js';
import type { SealPorts } from '../secrets/envelope.js';
import type { SecretPorts } from '../secrets/store.js';
import type { Tools } from '../shared/tools.js';

type Ports = EnvironmentPorts & Pick<SecretPorts, 'delivered'> & SealPorts & Pick<Tools, 'clock'>;

/**
 * Forgets what deployments were given and nobody can print any more: their runs are over, and their programs are gone. As long as a program
 * is there, its log is searched for it.
 */
export async function forgetSecrets(ports: Ports): Promise<number> {
  for await (const { resources } of activeEnvironments(ports)) {
    const ids = resources.map(({ deploymentId }) => deploymentId);
    if (ids.length > 0) await ports.delivered.keep(ids, ports.clock.now());
  }
  return forgetDelivered(ports);
}
