import { type ContainerTarget, createContainerTarget } from './container-target.js';
import type { ContainerKind } from './kind.js';
import { type DockerParts, pulledImage } from './pulled-image.js';

export const DOCKER_TARGET = 'docker';

/** Images that the run built or named, each in a container of the operator's own engine. */
export function createDockerTarget(parts: DockerParts): ContainerTarget {
  const kind: ContainerKind = {
    name: DOCKER_TARGET,
    takes: 'image',
    buildsImages: false,
    prepareImage: ({ release }, run) =>
      pulledImage(parts, { release, owner: { server: parts.server, target: DOCKER_TARGET } }, run),
  };
  return createContainerTarget({ ...parts, kind });
}
