import { hostname } from 'node:os';
import { createToken } from '../../src/people/api-token.js';
import { VitrineError } from '../../src/shared/errors.js';
import { type PreviewBase, previewUrl } from '../../src/shared/preview-url.js';
import type { Clock } from '../../src/shared/tools.js';
import type { ContainerEngine } from '../../src/targets/docker/engine.js';
import type { ComposeRunner, DockerParts } from '../../src/targets/registry.js';
import { isLoopback, type Config } from '../config/config.js';
import { findEngine } from '../engine/address.js';
import { createComposeRunner } from '../engine/compose-runner.js';
import { createDockerEngine } from '../engine/docker-engine.js';
import { type MayPullFrom, registryOf } from '../engine/pull-image.js';
import { createHostCheck } from '../http/safe-fetch.js';
import type { Stores } from '../ports.js';

interface Given {
  readonly config: Config;
  readonly stores: Pick<Stores, 'tokens' | 'deployments'>;
  readonly publicUrl: string;
  readonly previewBase: PreviewBase;
  readonly clock: Clock;
}

/** What runs containers on this machine; without an engine, the reason why there is none. */
export function composeDocker(given: Given): DockerParts | { readonly missing: string } {
  const { containers } = given.config;
  const found = findEngine(containers.dockerHost, containers);
  if ('missing' in found) return found;
  const engine = createDockerEngine(found.address, { mayPullFrom: registryRule(given) });
  return {
    engine,
    server: given.publicUrl,
    urlOf: (slug) => previewUrl({ label: slug, base: given.previewBase }),
    registryLogin: ({ deploymentId }) => loginFor(given, deploymentId),
    limits: { memoryBytes: containers.memoryBytes, cpus: containers.cpus, hostPorts: containers.ports },
    networkRange: containers.network,
    databaseImages: containers.databaseImages,
    ...(containers.ports === null && { serverContainer: findServer(engine, containers.server) }),
  };
}

/** What Docker calls a container inside it, unless somebody chose another name. */
const OWN_NAME = /^[0-9a-f]{12}$/;

/** Finds the container that this server runs in, once. Null where it runs on the machine itself, which reaches every container. */
function findServer(engine: ContainerEngine, named: string | undefined): () => Promise<string | null> {
  let known: string | null | undefined;
  return async () => {
    if (known !== undefined) return known;
    const name = named ?? (OWN_NAME.test(hostname()) ? hostname() : null);
    const container = name === null ? null : await engine.container(name);
    if (named !== undefined && container === null)
      throw new VitrineError(
        'unavailable',
        'The engine has no container of the name in CONTAINER_SERVER: the operator must name the one that this server runs in.',
      );
    known = container?.id ?? null;
    return known;
  };
}

/** The program that starts compose files beside that engine. */
export function composeCompose({ config }: Pick<Given, 'config'>): ComposeRunner | null {
  const { path, dockerConfig } = config.containers;
  const found = findEngine(config.containers.dockerHost, config.containers);
  return 'missing' in found ? null : createComposeRunner({ engine: found.address, path, dockerConfig });
}

/** The engine may ask registries of the internet, those that the operator allows or names, and that of this server. */
export function registryRule(given: Pick<Given, 'config' | 'publicUrl'>): MayPullFrom {
  const { nodeImage, databaseImages } = given.config.containers;
  const known = [registryHost(given), registryOf(nodeImage), registryOf(`${databaseImages}redis`)];
  const mayAsk = createHostCheck(given.config);
  return async (registry, signal) => {
    const [, ipv6, host = ipv6 ?? ''] = /^(?:\[([^\]]*)\]|([^:]*))/.exec(registry) ?? [];
    return known.includes(registry) || mayAsk(host, signal);
  };
}

/** What the operator should know of the engine at the start; null where there is nothing to tell. */
export function engineWarning({ containers }: Pick<Config, 'containers'>): string | null {
  const found = findEngine(containers.dockerHost, containers);
  if ('missing' in found)
    return containers.tlsVerify ? `The targets of containers are off: ${found.missing}.` : null;
  if (containers.server !== undefined && containers.ports !== null)
    return 'CONTAINER_SERVER has no effect: it is for CONTAINER_PORTS=none, where the server reaches previews in their networks.';
  const { host, tls } = found.address;
  if (host === undefined || tls || isLoopback(host)) return null;
  return 'DOCKER_HOST is on another host and not protected: whoever can reach or read that connection is root there. Use TLS (DOCKER_TLS_VERIFY and DOCKER_CERT_PATH) or a socket.';
}

/** Longer than the pull of a large image. */
const LOGIN_MS = 15 * 60_000;

/** The engine gets what the run of the deployment has: it may pull the images of its environment, until the deployment ends. */
async function loginFor({ stores, clock, ...given }: Given, deploymentId: string) {
  const deployment = await stores.deployments.get(deploymentId);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${deploymentId}.`);
  const { token, hash } = createToken('vtr');
  const expiresAt = new Date(clock.now().getTime() + LOGIN_MS);
  await stores.tokens.issue({
    hash,
    scope: { kind: 'run', deploymentId, repoId: deployment.repoId },
    expiresAt,
  });
  return { host: registryHost(given), auth: { username: 'vitrine', password: token, token } };
}

/** Engines take a registry on their own machine without TLS. Elsewhere it has the address that everybody knows. */
export function registryHost({ config, publicUrl }: Pick<Given, 'config' | 'publicUrl'>): string {
  const { host, port, containers } = config;
  if (containers.registryHost !== undefined) return containers.registryHost;
  const isHere = isLoopback(host) || host === '0.0.0.0' || host === '::';
  if (isHere && port !== 0) return `127.0.0.1:${port}`;
  const known = new URL(publicUrl);
  return isLoopback(known.hostname) ? `127.0.0.1:${known.port || '80'}` : known.host;
}
