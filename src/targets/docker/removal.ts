import type { Run } from '../target.js';
import { type KindParts, ownerOf } from './kind.js';
import { removeNetwork } from './network.js';
import {
  type ContainerHandle,
  handleOfContainer,
  handleOfNetwork,
  hasLabels,
  isApp,
  LABEL,
  labelsOfPlace,
  labelsOfTarget,
} from './resource.js';

/** By labels and id alone. Every step may have been done before. */
export async function destroy(parts: KindParts, handle: ContainerHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const { engine, server } = parts;
  const { slug, deploymentId, image, keepImage } = handle;
  if (deploymentId !== null) {
    const labels = { ...labelsOfTarget(ownerOf(parts)), ...labelsOfPlace(server, handle) };
    const own = await engine.containers({ ...labels, [LABEL.deployment]: deploymentId });
    for (const { id } of own) await engine.removeContainer(id);
  }
  await removeNetwork(engine, { server, place: handle });
  if (image !== null && !keepImage && !(await isUsed(parts, image))) await engine.removeImage(image);
  run.log(`Removed the container of ${slug}.`);
}

async function isUsed({ engine, server }: KindParts, image: string): Promise<boolean> {
  return (await engine.containers({ [LABEL.server]: server, [LABEL.image]: image })).length > 0;
}

/** Containers, and networks that a crash left without one. */
export async function* list(parts: KindParts, run: Run): AsyncGenerator<ContainerHandle> {
  run.signal.throwIfAborted();
  const { engine, server } = parts;
  const ours = labelsOfTarget(ownerOf(parts));
  const containers = await engine.containers({ [LABEL.server]: server });
  for (const container of containers) {
    const isOurs = hasLabels(container.labels, ours) && isApp(container);
    const handle = isOurs ? handleOfContainer(container) : null;
    if (handle) yield handle;
  }
  for (const network of await engine.networks()) {
    run.signal.throwIfAborted();
    const handle = hasLabels(network.labels, ours) ? handleOfNetwork(network) : null;
    if (handle && !containers.some(({ labels }) => hasLabels(labels, labelsOfPlace(server, handle))))
      yield handle;
  }
}
