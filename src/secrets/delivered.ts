import { sealContext, type SealPorts } from './envelope.js';
import type { SecretPorts } from './store.js';
import type { Tools } from '../shared/tools.js';

type Ports = Pick<SecretPorts, 'delivered'> & SealPorts;

/** Longer than a job may take. https://docs.github.com/actions/reference/limits */
const KEPT_MS = 7 * 24 * 60 * 60_000;

export function deliveredContext(deploymentId: string): string {
  return sealContext('delivered', deploymentId);
}

/** Remembers the secret values that a deployment is given, besides those that it was given before. */
export async function rememberDelivered(
  ports: Ports & Pick<Tools, 'clock'>,
  { deploymentId, values }: { deploymentId: string; values: readonly string[] },
): Promise<void> {
  if (values.length === 0) return;
  const known = await deliveredTo(ports, deploymentId);
  if (values.every((value) => known.includes(value))) return;
  const all = [...new Set([...known, ...values])];
  const sealed = ports.seal.seal(JSON.stringify(all), deliveredContext(deploymentId));
  await ports.delivered.put({ deploymentId, sealed, at: ports.clock.now() });
}

/** Every secret value that a deployment was given. */
export async function deliveredTo(ports: Ports, deploymentId: string): Promise<readonly string[]> {
  const sealed = await ports.delivered.get(deploymentId);
  return sealed === null ? [] : openDelivered(ports, { deploymentId, sealed });
}

export function openDelivered(
  { seal }: SealPorts,
  { deploymentId, sealed }: { deploymentId: string; sealed: string },
): readonly string[] {
  return JSON.parse(seal.open(sealed, deliveredContext(deploymentId))) as readonly string[];
}

/** Removes what no run can need any more. */
export function forgetDelivered({ delivered, clock }: Ports & Pick<Tools, 'clock'>): Promise<number> {
  return delivered.deleteBefore(new Date(clock.now().getTime() - KEPT_MS));
}
