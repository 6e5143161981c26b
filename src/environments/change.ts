import { VitrineError } from '../shared/errors.js';
import type { NewStep } from './history.js';
import type { Projection } from './model.js';
import type { EnvironmentPatch, EnvironmentPorts, StoredEnvironment } from './store.js';

type Ports = EnvironmentPorts;

export interface Change {
  readonly patch: EnvironmentPatch;
  readonly due: readonly Projection[];
  /** Why, for the chain of decisions. */
  readonly step?: NewStep | undefined;
}

const TRIES = 20;

/**
 * The only way to write an environment: read it, plan the change, compare-and-set. When another writer was first, read and plan
 * again. `plan` answers null when there is nothing to change.
 */
export async function changeEnvironment(
  ports: Pick<Ports, 'environments'>,
  { id, plan }: { id: string; plan: (seen: StoredEnvironment) => Change | null },
): Promise<StoredEnvironment> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const seen = await ports.environments.get(id);
    if (!seen) throw new VitrineError('not_found', `There is no environment ${id}: it was deleted.`);
    const change = plan(seen);
    if (!change) return seen;
    const written = await ports.environments.change(seen, change);
    if (written) return written;
  }
  throw new VitrineError(
    'unavailable',
    `Environment ${id} changes faster than it can be written: try again.`,
  );
}
