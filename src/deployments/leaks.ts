import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { ServerTarget, TargetPorts } from '../targets/target.js';
import { runFor } from './publish.js';

type Ports = EnvironmentPorts & TargetPorts & Pick<Tools, 'log'>;

/** Something that a target holds and no environment names. */
export interface Leak {
  readonly target: ServerTarget<unknown, unknown>;
  readonly handle: unknown;
}

/** Asks every target what it holds, and compares that with the documents. The sweep removes what this finds. */
export async function* findLeaks(ports: Ports): AsyncGenerator<Leak> {
  for (const target of ports.targets.values()) yield* leaksOf(ports, target);
}

export async function* leaksOf(ports: Ports, target: ServerTarget<unknown, unknown>): AsyncGenerator<Leak> {
  const run = runFor(ports, { target, configuration: null, about: 'search for leaks' });
  for await (const handle of target.list(run)) {
    if (!(await isNamed(ports, handle))) yield { target, handle };
  }
}

/** The handle of every target has `slug` and `generation`; where each deployment is a resource of its own, it names that too. */
async function isNamed(ports: Pick<Ports, 'environments'>, handle: unknown): Promise<boolean> {
  const place = placeOf(handle);
  if (place === null) return true;
  const environment = await ports.environments.bySlug(place.slug);
  const deployment = deploymentOf(handle);
  return (
    environment?.resources.some(
      ({ generation, deploymentId }) =>
        generation === place.generation && (deployment === null || deploymentId === deployment),
    ) ?? false
  );
}

function deploymentOf(handle: unknown): string | null {
  if (typeof handle !== 'object' || handle === null || !('deploymentId' in handle)) return null;
  return typeof handle.deploymentId === 'string' ? handle.deploymentId : null;
}

/** Where a handle belongs; null for one that cannot be read, which is left alone. */
export function placeOf(handle: unknown): { readonly slug: string; readonly generation: number } | null {
  if (typeof handle !== 'object' || handle === null || !('slug' in handle) || !('generation' in handle))
    return null;
  const { slug, generation } = handle;
  return typeof slug === 'string' && typeof generation === 'number' ? { slug, generation } : null;
}
