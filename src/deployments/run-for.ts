import type { Tools } from '../shared/tools.js';
import type { Run } from '../targets/target.js';

type Ports = Pick<Tools, 'log'>;

const TARGET_DEADLINE_MS = 5 * 60_000;

/** What a target is given to work with: nothing reaches back into the core. */
export function runFor(ports: Pick<Ports, 'log'>, deploymentId: string): Run {
  return {
    credentials: {},
    log: (line) => ports.log('info', line, { deploymentId }),
    signal: AbortSignal.timeout(TARGET_DEADLINE_MS),
    fetch,
  };
}
