import { runFor } from '../deployments/publish.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { Target, TargetPorts } from '../targets/target.js';
import { eachAlone } from './for-each-isolated.js';

type Ports = EnvironmentPorts & TargetPorts & Pick<Tools, 'log'>;

/** Removes what a target still holds although no environment names it: left by a crash between making and writing down. */
export function sweepResources(ports: Ports): Promise<number> {
  const items = [...ports.targets.values()].filter(({ runsIn }) => runsIn === 'server');
  return eachAlone(ports, {
    items,
    fields: { part: 'targets' },
    work: (target) => sweepTarget(ports, target),
  });
}

function sweepTarget(ports: Ports, target: Target<unknown, unknown>): Promise<number> {
  const run = runFor(ports, `sweep of ${target.name}`);
  const work = async (handle: unknown) => {
    if (await isWanted(ports, handle)) return 0;
    ports.log('warn', 'Removing a resource that no environment names', { target: target.name, handle });
    await target.destroy(handle, run);
    return 1;
  };
  return eachAlone(ports, { items: target.list(run), fields: { target: target.name }, work });
}

/** Every handle names its slug and generation, whatever else is in it. */
async function isWanted(ports: Ports, handle: unknown): Promise<boolean> {
  if (typeof handle !== 'object' || handle === null || !('slug' in handle) || !('generation' in handle))
    return true;
  const environment = await ports.environments.bySlug(String(handle.slug));
  return environment?.resources.some((resource) => resource.generation === handle.generation) ?? false;
}
