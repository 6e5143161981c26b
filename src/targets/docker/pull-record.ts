import { setTimeout as pause } from 'node:timers/promises';
import { hashBytes } from '../../shared/hash.js';
import type { Release } from '../target.js';
import type { ContainerEngine, Labels } from './engine.js';
import { containerName, LABEL, ROLE } from './resource.js';

interface Pulled {
  /** The address of this server. */
  readonly server: string;
  readonly release: Pick<Release, 'slug' | 'generation' | 'deploymentId'>;
  /** By which everything of the deployment is found. */
  readonly labels: Labels;
  readonly image: string;
}

/**
 * Says in the engine that an image is there because of a deployment: from before it is pulled until a container says so, and again from
 * before that container is removed until the image is. It is an empty volume: it outlives a crash of this server and of the engine, and is
 * found by its labels.
 */
export async function recordPull(
  engine: ContainerEngine,
  { server, release, labels, image }: Pulled,
): Promise<void> {
  const key = hashBytes(Buffer.from(image)).slice(0, 12);
  const name = `${containerName(server, release)}-${ROLE.pull}-${key}`.toLowerCase();
  await engine.createVolume({ name, labels: { ...labels, [LABEL.role]: ROLE.pull, [LABEL.image]: image } });
}

/** Together longer than an engine on a slow disk takes to store what it has. */
const LOOKS = { every: 50, most: 20 };

/**
 * The engine ends a pull when the server that asked for it is gone, but no longer when all of the image has come: then it has the image a
 * moment later. A removal of what was pulled waits for that.
 */
export async function settlePulls(engine: ContainerEngine, labels: Labels): Promise<void> {
  for (const pull of await engine.volumes({ ...labels, [LABEL.role]: ROLE.pull })) {
    const image = pull.labels[LABEL.image] ?? '';
    for (let looks = 1; looks < LOOKS.most && (await engine.image(image)) === null; looks += 1)
      await pause(LOOKS.every);
  }
}

/** The images are gone, or containers say the same. */
export async function forgetPulls(engine: ContainerEngine, labels: Labels): Promise<void> {
  for (const { name } of await engine.volumes({ ...labels, [LABEL.role]: ROLE.pull }))
    await engine.removeVolume(name);
}

/** The deployments of this server that have had an image pulled, or are about to, and have no container of it yet. */
export async function pullsOf(
  engine: ContainerEngine,
  server: string,
  image: string,
): Promise<readonly Labels[]> {
  const found = await engine.volumes({
    [LABEL.server]: server,
    [LABEL.role]: ROLE.pull,
    [LABEL.image]: image,
  });
  return found.map(({ labels }) => labels);
}
