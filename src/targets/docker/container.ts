import { isVitrineError, VitrineError } from '../../shared/errors.js';
import type { ImageSource, Release, Run } from '../target.js';
import { type ContainerLimits, type ContainerOptions, containerSpec, portsOf } from './container-spec.js';
import type { ContainerEngine, EngineAuth, EngineImage } from './engine.js';
import { ensureNetwork } from './network.js';
import {
  containerName,
  handleOfContainer,
  LABEL,
  labelsOfContainer,
  labelsOfPlace,
  labelsOfTarget,
} from './resource.js';

/** How the engine gets at the images that were pushed to this server. */
export interface RegistryLogin {
  /** The host of this server's registry, as the engine reaches it. */
  readonly host: string;
  readonly auth: EngineAuth;
}

export interface DockerParts {
  readonly engine: ContainerEngine;
  /** The address of this server: several servers may share an engine. */
  readonly server: string;
  /** The address of a preview. */
  readonly urlOf: (slug: string) => string;
  /** May pull the images of this deployment, and for a short time only. */
  readonly registryLogin: (release: Pick<Release, 'deploymentId'>) => Promise<RegistryLogin>;
  readonly limits: ContainerLimits;
  /** The range that subnets are cut from. */
  readonly networkRange: string;
  /** How long a program may take to answer; two minutes unless given. */
  readonly patienceMs?: number;
}

interface Wanted {
  readonly release: Release;
  readonly options: ContainerOptions;
}

/** The image of a release, as the engine names it. */
interface Named {
  readonly reference: string;
  readonly auth: EngineAuth | null;
  /** Of another registry than this server's. */
  readonly external: boolean;
}

/** The container of a deployment, made when it is not there. It is not started. */
export async function ensureContainer(parts: DockerParts, wanted: Wanted, run: Run) {
  const found = await findContainer(parts, wanted.release);
  if (found) return found;
  for (let tries = 1; ; tries += 1) {
    try {
      return await createContainer(parts, wanted, run);
    } catch (error) {
      // Another process was first, or a removal took image or network away at this moment.
      const passes = isVitrineError(error) && (error.code === 'conflict' || error.code === 'not_found');
      if (!passes || tries === TRIES) throw error;
      const theirs = await findContainer(parts, wanted.release);
      if (theirs) return theirs;
    }
  }
}

const TRIES = 3;

async function findContainer({ engine, server }: DockerParts, release: Release) {
  const labels = { ...labelsOfTarget(server), ...labelsOfPlace(server, release) };
  const [found] = await engine.containers({ ...labels, [LABEL.deployment]: release.deploymentId });
  return found ? started(handleOfContainer(found)) : null;
}

function started(handle: ReturnType<typeof handleOfContainer>) {
  const { container = null, image = null } = handle ?? {};
  if (!handle || container === null || image === null)
    throw new VitrineError(
      'conflict',
      'The labels of the container of this preview were changed: remove it by hand.',
    );
  return { ...handle, container, image };
}

async function createContainer(parts: DockerParts, { release, options }: Wanted, run: Run) {
  const { engine, server, limits, networkRange: range } = parts;
  const named = await nameOf(parts, release);
  const { reference, external } = named;
  const { image, wasThere } = await ensureImage(parts, named, run);
  const { slug, generation, deploymentId, program } = release;
  const keepImage = external && wasThere && !(await isOurs(parts, reference));
  const labels = labelsOfContainer(server, {
    ...{ slug, generation, deploymentId, image: reference, keepImage },
    healthPath: program.healthPath,
  });
  await tellLimits(parts, { release, options, image }, run);
  const network = await ensureNetwork(engine, { server, range, place: release });
  const spec = containerSpec({
    ...{ network, reference, image, program, options, labels },
    name: containerName(server, release),
    limits: { ...limits, cpus: Math.min(limits.cpus, (await engine.describe()).cpus) },
    env: { ...run.variables, ...run.secrets },
  });
  const id = await engine.createContainer(spec);
  return started(handleOfContainer({ id, labels }));
}

async function nameOf({ registryLogin }: DockerParts, { image, deploymentId }: Release): Promise<Named> {
  if (image === null)
    throw new VitrineError('unprocessable', 'There is no image to start: push one, and name its digest.');
  return image.kind === 'external'
    ? externalOf(image)
    : pushedOf(image, await registryLogin({ deploymentId }));
}

function externalOf({ reference, auth }: Extract<ImageSource, { kind: 'external' }>): Named {
  return { reference, auth, external: true };
}

function pushedOf(
  { repository, digest }: Extract<ImageSource, { kind: 'pushed' }>,
  { host, auth }: Awaited<ReturnType<DockerParts['registryLogin']>>,
): Named {
  return { reference: `${host}/${repository}@${digest}`, auth, external: false };
}

/**
 * An image of another registry is asked for there each time, which moves nothing when the engine has it: who may not pull an image may not
 * start it because another project could.
 */
async function ensureImage({ engine }: DockerParts, { reference, auth, external }: Named, run: Run) {
  const there = await engine.image(reference);
  if (there && !(external && reference.includes('@'))) return { image: there, wasThere: true };
  run.log(`Pulling ${reference}`);
  await engine.pullImage({ reference, auth, signal: run.signal, onProgress: run.log });
  const image = await engine.image(reference);
  if (!image)
    throw new VitrineError('unavailable', `The engine does not have ${reference} after it pulled it.`);
  return { image, wasThere: there !== null };
}

/** An earlier preview has had it pulled: it goes with the last container that uses it. */
async function isOurs({ engine, server }: DockerParts, reference: string): Promise<boolean> {
  const users = await engine.containers({ [LABEL.server]: server, [LABEL.image]: reference });
  return users.some(({ labels }) => labels[LABEL.keepImage] === undefined);
}

interface Told extends Wanted {
  readonly image: EngineImage;
}

/** What the program does not get as it was asked for, and what was loosened for it. */
async function tellLimits(
  { limits }: DockerParts,
  { release, options, image }: Told,
  { log }: Run,
): Promise<void> {
  const { program } = release;
  if (program.memoryBytes > limits.memoryBytes)
    log(`Memory is limited to ${Math.round(limits.memoryBytes / 1024 ** 2)} MiB on this server.`);
  if (program.cpus > limits.cpus) log(`Processors are limited to ${limits.cpus} on this server.`);
  if (options.root) log('The program may run as root in its container: the option "root" says so.');
  if (options.writable) log('The program may write to its image: the option "writable" says so.');
  const ports = portsOf(image, program);
  if (ports.length > 1)
    log(`The settings do not name the port: asking ${ports.join(' and ')}. Set "port" to be sure.`);
}
