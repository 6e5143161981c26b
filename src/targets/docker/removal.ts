import type { Run } from '../target.js';
import type { Labels } from './engine.js';
import { freeHostPorts } from './host-ports.js';
import { type KindParts, ownerOf } from './kind.js';
import { removeNetwork } from './network.js';
import { forgetPulls, pullsOf, recordPull, settlePulls } from './pull-record.js';
import {
  type ContainerHandle,
  handleOfContainer,
  handleOfLeftover,
  hasLabels,
  identityOf,
  isApp,
  LABEL,
  labelsOfDeployment,
  labelsOfPlace,
  labelsOfTarget,
  ROLE,
} from './resource.js';
import { listAbandoned } from './services/find.js';
import { settleDatabases } from './services/settle.js';

/** By labels and id alone. Every step may have been done before. */
export async function destroy(parts: KindParts, handle: ContainerHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const { engine, server } = parts;
  const { slug, deploymentId, image, keepImage } = handle;
  if (deploymentId !== null) {
    const labels = labelsOfDeployment(ownerOf(parts), { ...handle, deploymentId });
    const own = await engine.containers(labels);
    // Until the image is gone something must name it.
    if (own.length > 0 && image !== null && !keepImage)
      await recordPull(engine, { server, release: { ...handle, deploymentId }, labels, image });
    // Last, what says that a hook has run.
    const inOrder = [...own.filter(isApp), ...own.filter((one) => !isApp(one))];
    for (const { id } of inOrder) await engine.removeContainer(id);
    for (const { id } of await builtImages(parts, labels)) await engine.removeImage(id);
    await settlePulls(engine, labels);
  }
  await removeNetwork(parts, { server, place: handle });
  await settleDatabases(parts, handle);
  if (image !== null && !keepImage && !(await isUsed(parts, { image, deploymentId })))
    await engine.removeImage(image);
  // Last: until then a crash leaves it to be found again.
  if (deploymentId !== null) {
    const labels = labelsOfDeployment(ownerOf(parts), { ...handle, deploymentId });
    await freeHostPorts(engine, labels);
    await forgetPulls(engine, labels);
  }
  run.log(`Removed the container of ${slug}.`);
}

/** Of a deployment whose container could not be made; another server may have made it. */
export async function removeLeftovers(
  parts: KindParts,
  placed: Parameters<typeof labelsOfDeployment>[1],
  run: Run,
): Promise<void> {
  const labels = labelsOfDeployment(ownerOf(parts), placed);
  if ((await parts.engine.containers(labels)).some(isApp)) return;
  const pulls = await parts.engine.volumes({ ...labels, [LABEL.role]: ROLE.pull });
  for (const left of [...pulls.map((one) => one.labels), labels]) {
    const handle = handleOfLeftover(left);
    if (handle) await destroy(parts, handle, run);
  }
}

interface Using {
  readonly image: string;
  readonly deploymentId: string | null;
}

/** By a container, or by another deployment that is about to make one. */
async function isUsed({ engine, server }: KindParts, { image, deploymentId }: Using): Promise<boolean> {
  const users = await engine.containers({ [LABEL.server]: server, [LABEL.image]: image });
  const pulls = await pullsOf(engine, server, image);
  return users.length > 0 || pulls.some((labels) => labels[LABEL.deployment] !== deploymentId);
}

/** None of a kind whose images come from elsewhere: those may have any labels. */
async function builtImages({ engine, kind }: KindParts, labels: Labels) {
  return kind.buildsImages ? engine.images(labels) : [];
}

/** Containers, and what a crash left without one, databases too. */
export async function* list(parts: KindParts, run: Run): AsyncGenerator<ContainerHandle> {
  run.signal.throwIfAborted();
  const { engine, server } = parts;
  const ours = labelsOfTarget(ownerOf(parts));
  const all = await engine.containers({ [LABEL.server]: server });
  const containers = all.filter(({ labels }) => hasLabels(labels, ours));
  const listed = new Set<string>();
  const isNew = (handle: ContainerHandle | null): handle is ContainerHandle => {
    if (handle === null || listed.has(identityOf(handle))) return false;
    listed.add(identityOf(handle));
    return true;
  };
  yield* containers.filter(isApp).map(handleOfContainer).filter(isNew);
  const helpers = containers.filter((one) => !isApp(one));
  // Those that name an image first.
  const pulls = await engine.volumes({ ...ours, [LABEL.role]: ROLE.pull });
  const ports = await engine.volumes({ ...ours, [LABEL.role]: ROLE.port });
  const leftovers = [...pulls, ...helpers, ...ports, ...(await builtImages(parts, ours))];
  yield* leftovers.map(({ labels }) => handleOfLeftover(labels)).filter(isNew);
  for (const { labels } of await engine.networks()) {
    run.signal.throwIfAborted();
    const handle = hasLabels(labels, ours) ? handleOfLeftover(labels) : null;
    if (handle && !all.some((one) => hasLabels(one.labels, labelsOfPlace(server, handle)))) yield handle;
  }
  yield* listAbandoned(parts);
}
