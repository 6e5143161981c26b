import { LRUCache } from 'lru-cache';
import { openDelivered } from '../../src/secrets/delivered.js';
import type { SealPorts } from '../../src/secrets/envelope.js';
import {
  createReportRedactor,
  type RedactionPorts,
  REDACTS_NOTHING,
} from '../../src/secrets/redact-lines.js';
import type { SecretPorts } from '../../src/secrets/store.js';

type Ports = Pick<SecretPorts, 'delivered'> & SealPorts;

/** So many deployments that report at the same time keep their redactor, which takes a while to make. */
const KEPT = 50;

/** Takes what a deployment was given out of what its run reports. */
export function createRedaction(ports: Ports): RedactionPorts['redactionOf'] {
  const made = new LRUCache<string, ReturnType<typeof createReportRedactor>>({ max: KEPT });
  return async (deploymentId) => {
    const sealed = await ports.delivered.get(deploymentId);
    if (sealed === null) return REDACTS_NOTHING;
    const known = made.get(sealed);
    if (known) return known;
    const redactor = createReportRedactor(openDelivered(ports, { deploymentId, sealed }));
    made.set(sealed, redactor);
    return redactor;
  };
}
