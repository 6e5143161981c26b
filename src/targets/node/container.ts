import { type ContainerTarget, createContainerTarget } from '../docker/container-target.js';
import type { ContainerKind } from '../docker/kind.js';
import { buildImage, type NodeContainerParts } from './build-image.js';
import { NODE_TARGET } from './node.js';

/** Node servers, each in a container: an uploaded build and a start command. */
export function createNodeContainerTarget(parts: NodeContainerParts): ContainerTarget {
  const kind: ContainerKind = {
    name: NODE_TARGET,
    takes: 'files',
    buildsImages: true,
    prepareImage: (wanted, run) => buildImage(parts, wanted, run),
  };
  return createContainerTarget({ ...parts, kind });
}
