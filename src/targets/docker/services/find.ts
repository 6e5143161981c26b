import type { Release } from '../../target.js';
import { ASLEEP } from '../container-spec.js';
import type { ContainerEngine, EngineNetwork, EngineVolume, Labels, ListedContainer } from '../engine.js';
import { type KindParts, ownerOf } from '../kind.js';
import { type ContainerHandle, hasLabels, isApp, LABEL, labelsOfTarget, placeOf } from '../resource.js';
import { DATABASE_ROLE, labelsOfDatabases, SERVICE_LABEL } from './spec.js';

type Slug = Pick<Release, 'slug'>;

/** What there is of the databases of an environment, also what a crash left over. */
export interface Found {
  readonly containers: readonly ListedContainer[];
  readonly networks: readonly EngineNetwork[];
  readonly volumes: readonly EngineVolume[];
}

export async function findDatabases(parts: KindParts, place: Slug): Promise<Found> {
  return findBy(parts.engine, labelsOfDatabases(ownerOf(parts), place));
}

async function findBy(engine: ContainerEngine, labels: Labels): Promise<Found> {
  const containers = await engine.containers(labels);
  const volumes = await engine.volumes(labels);
  const networks = (await engine.networks()).filter((one) => hasLabels(one.labels, labels));
  return { containers, networks, volumes };
}

export function isEmpty({ containers, networks, volumes }: Found): boolean {
  return containers.length + networks.length + volumes.length === 0;
}

/** What of it fits. */
export function those(found: Found, fits: (labels: Labels) => boolean): Found {
  const fit = ({ labels }: { readonly labels: Labels }) => fits(labels);
  return {
    containers: found.containers.filter(fit),
    networks: found.networks.filter(fit),
    volumes: found.volumes.filter(fit),
  };
}

/** The programs of an environment, of every generation. */
export async function programsOf(parts: KindParts, { slug }: Slug): Promise<readonly ListedContainer[]> {
  const labels = { ...labelsOfTarget(ownerOf(parts)), [LABEL.environment]: slug };
  return (await parts.engine.containers(labels)).filter(isApp);
}

/**
 * Generations whose program is about to be made: a deployment makes its network first. This is how one process knows what another one
 * has begun.
 */
export async function generationsBegun(
  parts: KindParts,
  { slug, programs }: Slug & { readonly programs: readonly ListedContainer[] },
): Promise<readonly number[]> {
  const labels = { ...labelsOfTarget(ownerOf(parts)), [LABEL.environment]: slug };
  const made = programs.map((one) => placeOf(one.labels)?.generation);
  const networks = (await parts.engine.networks()).filter((one) => hasLabels(one.labels, labels));
  return networks.flatMap((one) => {
    const { generation } = placeOf(one.labels) ?? {};
    return generation === undefined || made.includes(generation) ? [] : [generation];
  });
}

/** Whether nobody is to use the databases now: every program was put to sleep. */
export async function areAsleep(
  { engine }: Pick<KindParts, 'engine'>,
  programs: readonly ListedContainer[],
): Promise<boolean> {
  for (const { id } of programs) {
    const program = await engine.container(id);
    if (program && (program.running || program.restarting || program.restart !== ASLEEP.Name)) return false;
  }
  return programs.length > 0;
}

/** A handle for each environment that has something of databases, and no program: a crash left it, or somebody removed the program. */
export async function* listAbandoned(parts: KindParts): AsyncGenerator<ContainerHandle> {
  const owner = labelsOfTarget(ownerOf(parts));
  const found = await findBy(parts.engine, { ...owner, [LABEL.role]: DATABASE_ROLE });
  const newest = new Map<string, number>();
  for (const { labels } of [...found.containers, ...found.networks, ...found.volumes]) {
    const slug = labels[LABEL.environment];
    const since = Number(labels[SERVICE_LABEL.since]);
    if (slug !== undefined && Number.isSafeInteger(since))
      newest.set(slug, Math.max(since, newest.get(slug) ?? 0));
  }
  for (const [slug, generation] of newest) {
    const programs = await programsOf(parts, { slug });
    if (programs.length > 0 || (await generationsBegun(parts, { slug, programs })).length > 0) continue;
    yield { slug, generation, ...WITHOUT_PROGRAM };
  }
}

const WITHOUT_PROGRAM = {
  deploymentId: null,
  container: null,
  image: null,
  keepImage: false,
  healthPath: '/',
} as const;
