import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';

type Ports = EnvironmentPorts;

/**
 * Whatever GitHub was told of this environment, it is told once more. Only a count grows: what was told is written by the reporter
 * alone, who would overwrite a mark in there, and whose words such a mark would overwrite.
 */
export function tellAgain(
  ports: Pick<Ports, 'environments'>,
  { id, when = () => true }: { id: string; when?: (seen: StoredEnvironment) => boolean },
): Promise<StoredEnvironment> {
  return changeEnvironment(ports, {
    id,
    plan: (seen) =>
      when(seen) ? { patch: { tellAgain: (seen.tellAgain ?? 0) + 1 }, due: ['report'] } : null,
  });
}
