import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import { ENVIRONMENT_STATUS } from '../../shared/status/words.js';
import {
  type Deployed,
  type Inspection,
  parseOptions,
  type Release,
  type Run,
  type Target,
} from '../target.js';
import { ASLEEP, RESTART } from './container-spec.js';
import { type DockerParts, ensureContainer } from './container.js';
import type { EngineContainer } from './engine.js';
import { askProgram, isWell, type ProgramAddress, wordsFor } from '../ask-program.js';
import { removeNetwork } from './network.js';
import { followProgram } from './program-logs.js';
import {
  DOCKER_TARGET,
  type DockerHandle,
  dockerHandleSchema,
  handleOfContainer,
  handleOfNetwork,
  hasLabels,
  LABEL,
  labelsOfPlace,
  labelsOfTarget,
  placeOf,
} from './resource.js';
import { addressesOf, endOf, startAndWait } from './start.js';

const dockerOptionsSchema = z.strictObject({
  /** Lets the program write to its image. What it writes is gone with the container. */
  writable: z.boolean().default(false),
  /** Lets the program run as root inside its container, if the image does. */
  root: z.boolean().default(false),
});
export type DockerOptions = z.infer<typeof dockerOptionsSchema>;

const PATIENCE_MS = 2 * 60_000;

type DockerTarget = Target<DockerOptions, DockerHandle> & { readonly runsIn: 'server' };

/** Images that the run built or named, each in a container of the operator's own engine. */
export function createDockerTarget(parts: DockerParts): DockerTarget {
  const { engine } = parts;
  const underWay = new Map<string, Promise<Deployed<DockerHandle>>>();
  return {
    name: DOCKER_TARGET,
    options: dockerOptionsSchema,
    credentials: z.unknown(),
    runsIn: 'server',
    takes: 'image',
    starts: true,
    earlier: 'removed',
    capabilities: {
      sleep: {
        stop: (handle, run) => stop(parts, handle, run),
        wake: (handle, run) => wake(parts, handle, run),
      },
      logs: {
        follow: (handle, { since }, run) => {
          const { container } = dockerHandleSchema.parse(handle);
          return followProgram(engine, { container: container ?? '', since }, run);
        },
      },
    },
    identityOf: ({ slug, generation, deploymentId }) => `${slug} ${generation} ${deploymentId ?? ''}`,
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      const parsed = parseOptions(dockerOptionsSchema, options);
      // Asked twice at once, it is one deployment; another process finds the container by its name.
      const key = `${release.slug} ${release.generation} ${release.deploymentId}`;
      const begun = underWay.get(key) ?? deploy(parts, { release, options: parsed }, run);
      underWay.set(key, begun);
      return begun.finally(() => underWay.delete(key));
    },
    destroy: (handle, run) => destroy(parts, dockerHandleSchema.parse(handle), run),
    inspect: (handle, run) => inspect(parts, dockerHandleSchema.parse(handle), run),
    list: (run) => list(parts, run),
  };
}

interface Wanted {
  readonly release: Release;
  readonly options: DockerOptions;
}

async function deploy(
  parts: DockerParts,
  { release, options }: Wanted,
  run: Run,
): Promise<Deployed<DockerHandle>> {
  await refuseLate(parts, release);
  const handle = await ensureContainer(parts, { release, options }, run);
  const url = parts.urlOf(release.slug);
  try {
    const { healthPath } = release.program;
    run.log(`Started. Waiting until GET ${healthPath} answers with 2xx or 3xx.`);
    const address = await startAndWait(parts.engine, waitingFor(parts, handle), run);
    run.log(`The program answers.`);
    const container = { id: handle.container, service: 'app', image: handle.image, ...address };
    return { url, handle, reach: { kind: 'upstream', ...address }, containers: [container] };
  } catch (error) {
    // The first failure is what people must read; the sweep removes what is left by a second one.
    await destroy(parts, handle, { ...run, log: () => undefined, signal: AFTERWARDS }).catch(() => undefined);
    throw error;
  }
}

const AFTERWARDS = new AbortController().signal;

async function refuseLate({ engine, server }: DockerParts, { slug, generation }: Release): Promise<void> {
  const containers = await engine.containers({ ...labelsOfTarget(server), [LABEL.environment]: slug });
  const newest = Math.max(...containers.map(({ labels }) => placeOf(labels)?.generation ?? 0), 0);
  if (newest > generation)
    throw new VitrineError('stale_head', 'This deployment was overtaken: a newer one is there already.');
}

type Started = DockerHandle & { readonly container: string; readonly image: string };

function waitingFor(
  { urlOf, patienceMs = PATIENCE_MS }: DockerParts,
  { container, slug, healthPath }: Pick<Started, 'container' | 'slug' | 'healthPath'>,
) {
  return { container, healthPath, url: urlOf(slug), patienceMs };
}

/** By labels and id alone. Every step may have been done before. */
async function destroy({ engine, server }: DockerParts, handle: DockerHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const { slug, deploymentId, image, keepImage } = handle;
  if (deploymentId !== null) {
    const labels = { ...labelsOfTarget(server), ...labelsOfPlace(server, handle) };
    const own = await engine.containers({ ...labels, [LABEL.deployment]: deploymentId });
    for (const { id } of own) await engine.removeContainer(id);
  }
  await removeNetwork(engine, { server, place: handle });
  if (image !== null && !keepImage && !(await isUsed({ engine, server }, image)))
    await engine.removeImage(image);
  run.log(`Removed the container of ${slug}.`);
}

async function isUsed(
  { engine, server }: Pick<DockerParts, 'engine' | 'server'>,
  image: string,
): Promise<boolean> {
  return (await engine.containers({ [LABEL.server]: server, [LABEL.image]: image })).length > 0;
}

/** Null when it is gone, or is no container of this deployment. */
async function find({ engine, server }: DockerParts, handle: DockerHandle): Promise<EngineContainer | null> {
  if (handle.container === null) return null;
  const container = await engine.container(handle.container);
  const wanted = { ...labelsOfTarget(server), ...labelsOfPlace(server, handle) };
  return container && hasLabels(container.labels, wanted) ? container : null;
}

async function inspect(parts: DockerParts, handle: DockerHandle, run: Run): Promise<Inspection> {
  run.signal.throwIfAborted();
  const container = await find(parts, handle);
  if (container === null) return { state: 'gone', detail: 'Its container is gone.' };
  if (container.restarting) return { state: 'unhealthy', detail: 'It ended, and is being started again.' };
  if (!container.running) {
    if (container.restart === ASLEEP.Name) return { state: ENVIRONMENT_STATUS.sleeping, detail: null };
    return { state: 'unhealthy', detail: endOf(container) };
  }
  const found = await ask(parts, { container, handle }, run);
  return found.well ? { state: 'live', detail: null } : { state: 'unhealthy', detail: found.detail };
}

async function ask(
  { urlOf }: DockerParts,
  { container, handle }: { readonly container: EngineContainer; readonly handle: DockerHandle },
  { signal }: Run,
): Promise<{ readonly well: boolean; readonly detail: string }> {
  let detail = 'It has no port that can be reached.';
  for (const address of addressesOf(container)) {
    const answer = await askProgram({ ...address, path: handle.healthPath, url: urlOf(handle.slug), signal });
    if (isWell(answer)) return { well: true, detail: '' };
    detail = `The program ${wordsFor(answer)}.`;
  }
  return { well: false, detail };
}

/** As long as the engine gives it to end by itself. */
const STOP_SECONDS = 10;

async function stop(parts: DockerParts, given: DockerHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const container = await find(parts, dockerHandleSchema.parse(given));
  if (container === null) return;
  // First: a container that is stopped with this policy is asleep, and no other one.
  await parts.engine.setRestartPolicy(container.id, ASLEEP);
  await parts.engine.stopContainer(container.id, STOP_SECONDS);
}

async function wake(parts: DockerParts, given: DockerHandle, run: Run) {
  run.signal.throwIfAborted();
  const handle = dockerHandleSchema.parse(given);
  const container = await find(parts, handle);
  if (container === null)
    throw new VitrineError('not_found', 'The container of this preview is gone: deploy it again.');
  await parts.engine.setRestartPolicy(container.id, RESTART);
  const waiting = waitingFor(parts, { ...handle, container: container.id });
  const address: ProgramAddress = await startAndWait(parts.engine, waiting, run);
  return { kind: 'upstream', ...address } as const;
}

/** Containers, and networks that a crash left without one. */
async function* list({ engine, server }: DockerParts, run: Run): AsyncGenerator<DockerHandle> {
  run.signal.throwIfAborted();
  const containers = await engine.containers({ [LABEL.server]: server });
  for (const container of containers) {
    const handle = hasLabels(container.labels, labelsOfTarget(server)) ? handleOfContainer(container) : null;
    if (handle) yield handle;
  }
  for (const network of await engine.networks()) {
    run.signal.throwIfAborted();
    const handle = hasLabels(network.labels, labelsOfTarget(server)) ? handleOfNetwork(network) : null;
    if (handle && !containers.some(({ labels }) => hasLabels(labels, labelsOfPlace(server, handle))))
      yield handle;
  }
}
