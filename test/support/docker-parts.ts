import type { DockerParts } from '../../src/targets/docker/pulled-image.js';
import { createDockerEngine } from '../../app/engine/docker-engine.js';
import type { NodeContainerParts } from '../../src/targets/node/build-image.js';
import { buildOf, serverOf } from './programs.js';

/**
 * Ports for containers. Deployments of the same name begin at the same port, and a port that is taken makes a container move, so each
 * worker of Jest has a range of its own. It is below the ports that servers of tests and connections get.
 */
const FIRST_PORT = 10_000 + 500 * (Number(process.env['JEST_WORKER_ID'] ?? 0) % 10);
export const HOST_PORTS = `${FIRST_PORT}-${FIRST_PORT + 499}`;

/** What the target for containers is made of. The engine is one that never answers unless it is given. */
export function dockerParts(changes: Partial<DockerParts> = {}): DockerParts {
  return {
    // Port 9 is never listened on.
    engine: createDockerEngine({ host: '127.0.0.1', port: 9 }),
    server: 'http://vitrine.test',
    urlOf: (slug) => `http://${slug}.localhost`,
    registryLogin: async () => ({ host: 'nowhere', auth: { username: '', password: '' } }),
    limits: { memoryBytes: 1024 ** 3, cpus: 1, hostPorts: HOST_PORTS },
    networkRange: '10.213.0.0/16',
    databaseImages: 'docker.io/library/',
    ...changes,
  };
}

/** What the target for Node servers in containers is made of: every build is a server that says hello. */
export function nodeContainerParts(changes: Partial<NodeContainerParts> = {}): NodeContainerParts {
  const build = buildOf({ 'server.js': serverOf("'hello'") });
  return {
    ...dockerParts(),
    baseImage: 'node:{version}-slim',
    builds: { open: async () => build },
    ...changes,
  };
}
