import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import type { Reach } from '../../shared/reach.js';
import { ASLEEP, RESTART } from '../docker/container-spec.js';
import type { DockerParts } from '../docker/pulled-image.js';
import type { Labels } from '../docker/engine.js';
import { leaveNetworks } from '../docker/network.js';
import { pullsOf, recordPull, settlePulls } from '../docker/pull-record.js';
import { LABEL, placeOf } from '../docker/resource.js';
import { type Deployed, parseOptions, type Release, type Run, type Target } from '../target.js';
import { containersOf, inspect, reachOf, serviceOf, startedOf } from './answering.js';
import { followServices } from './follow.js';
import { namesIn } from './address.js';
import { type ComposeOptions, composeOptionsSchema } from './prepare.js';
import { bringUp, startServices, type Wanted, whyNotStarted } from './up.js';
import {
  addressesIn,
  COMPOSE_TARGET,
  type ComposeHandle,
  composeHandleSchema,
  handleOf,
  imagesIn,
  labelsOfDeployment,
  labelsOfTarget,
} from './resource.js';
import type { ComposeRunner } from './runner.js';

export interface ComposeParts extends DockerParts {
  readonly compose: ComposeRunner;
}

type ComposeTarget = Target<ComposeOptions, ComposeHandle> & { readonly runsIn: 'server' };

/** Compose files of pull requests, checked and rewritten, run by the operator's own `docker compose`. */
export function createComposeTarget(parts: ComposeParts): ComposeTarget {
  const underWay = new Map<string, Promise<Deployed<ComposeHandle>>>();
  return {
    name: COMPOSE_TARGET,
    options: composeOptionsSchema,
    credentials: z.unknown(),
    runsIn: 'server',
    takes: 'compose',
    starts: true,
    runner: 'container',
    services: 'Write databases into the compose file, as services of their own.',
    earlier: 'removed',
    hooks: COMPOSE_HAS_ITS_OWN,
    addresses: ({ addresses }) => namesIn(addresses),
    capabilities: {
      sleep: {
        stop: (handle, run) => stop(parts, composeHandleSchema.parse(handle), run),
        wake: (handle, run) => wake(parts, composeHandleSchema.parse(handle), run),
      },
      logs: {
        follow: (handle, { since }, run) =>
          followServices(parts, { handle: composeHandleSchema.parse(handle), since }, run),
      },
    },
    identityOf: ({ slug, generation, deploymentId }) => `${slug} ${String(generation)} ${deploymentId}`,
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      const parsed = parseOptions(composeOptionsSchema, options);
      // Asked twice at once, it is one deployment.
      const key = `${release.slug} ${String(release.generation)} ${release.deploymentId}`;
      const begun = underWay.get(key) ?? deploy(parts, { release, options: parsed }, run);
      underWay.set(key, begun);
      return begun.finally(() => underWay.delete(key));
    },
    destroy: (handle, run) => destroy(parts, composeHandleSchema.parse(handle), run),
    inspect: (handle, run) => inspect(parts, composeHandleSchema.parse(handle), run),
    list: (run) => list(parts, run),
  };
}

const COMPOSE_HAS_ITS_OWN =
  'A compose file has its own way: make the command a service, such as "migrate", let the program wait for its success with `depends_on: { migrate: { condition: service_completed_successfully } }`, and remove "hooks".';

async function deploy(parts: ComposeParts, wanted: Wanted, run: Run): Promise<Deployed<ComposeHandle>> {
  const { release } = wanted;
  await refuseLate(parts, release);
  try {
    const handle = await bringUp(parts, wanted, run);
    const reach = await reachOf(parts, handle, run);
    return {
      url: parts.urlOf(release.slug),
      handle,
      reach,
      containers: await startedOf(parts, handle, reach),
    };
  } catch (error) {
    // The first failure is what people must read; the sweep removes what is left by a second one.
    const quiet = { ...run, log: () => undefined, signal: new AbortController().signal };
    await destroy(parts, release, quiet).catch(() => undefined);
    throw error;
  }
}

async function refuseLate({ engine, server }: ComposeParts, { slug, generation }: Release): Promise<void> {
  const containers = await engine.containers({ ...labelsOfTarget(server), [LABEL.environment]: slug });
  const newest = Math.max(...containers.map(({ labels }) => placeOf(labels)?.generation ?? 0), 0);
  if (newest > generation)
    throw new VitrineError('stale_head', 'This deployment was overtaken: a newer one is there already.');
}

type Placed = Pick<ComposeHandle, 'slug' | 'generation' | 'deploymentId'>;

/** By labels and ids alone. Every step may have been done before. */
async function destroy(
  parts: ComposeParts,
  { images = [], ...placed }: Placed & { readonly images?: readonly string[] },
  run: Run,
): Promise<void> {
  const { engine, server } = parts;
  run.signal.throwIfAborted();
  const labels = labelsOfDeployment(server, placed);
  const containers = await engine.containers(labels);
  const named = imagesIn(containers.map((one) => one.labels));
  for (const image of named) await recordPull(engine, { server, release: placed, labels, image });
  for (const { id } of containers) await engine.removeContainer(id);
  const networks = (await engine.networks()).filter((network) => hasAll(network.labels, labels));
  await leaveNetworks(parts, networks);
  for (const { id } of networks)
    if (!(await engine.removeNetwork(id)))
      throw new VitrineError(
        'unavailable',
        'A network of the preview is still used by a container: this is tried again.',
      );
  await settlePulls(engine, labels);
  // Volumes go last: some say which images were pulled, also by an attempt that was interrupted.
  const volumes = await engine.volumes(labels);
  for (const image of new Set([...images, ...imagesIn(volumes.map((one) => one.labels))]))
    if (!(await isUsed(parts, { image, by: placed }))) await engine.removeImage(image);
  for (const { name } of volumes) await engine.removeVolume(name);
  run.log(`Removed the services of ${placed.slug}.`);
}

interface Using {
  readonly image: string;
  /** Who needs it no more. */
  readonly by: Placed;
}

/** By a container, or by another deployment that is about to make one. */
async function isUsed({ engine, server }: ComposeParts, { image, by }: Using): Promise<boolean> {
  const users = await engine.containers({ [LABEL.server]: server, [LABEL.image]: image });
  const pulls = await pullsOf(engine, server, image);
  return users.length > 0 || pulls.some((labels) => labels[LABEL.deployment] !== by.deploymentId);
}

function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** As long as the engine gives each to end by itself. */
const STOP_SECONDS = 10;

async function stop(parts: ComposeParts, handle: ComposeHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const { engine } = parts;
  const containers = await containersOf(parts, handle);
  // First: a container that is stopped with this policy is asleep, and no other one.
  for (const { id } of containers) await engine.setRestartPolicy(id, ASLEEP);
  await Promise.all(containers.map(({ id }) => engine.stopContainer(id, STOP_SECONDS)));
}

async function wake(parts: ComposeParts, handle: ComposeHandle, run: Run): Promise<Reach> {
  run.signal.throwIfAborted();
  const containers = await containersOf(parts, handle);
  if (addressesIn(handle).some(({ service }) => !serviceOf(containers, service)))
    throw new VitrineError('not_found', 'The containers of this preview are gone: deploy it again.');
  for (const { id } of containers) await parts.engine.setRestartPolicy(id, RESTART);
  const end = await startServices(parts, handle, run);
  if (!end.ok) throw await whyNotStarted(parts, { placed: handle, lines: end.lines }, run);
  return reachOf(parts, handle, run);
}

/** Everything with our label, also what a crash left behind without a container. */
async function* list({ engine, server }: ComposeParts, run: Run): AsyncGenerator<ComposeHandle> {
  run.signal.throwIfAborted();
  const ours = labelsOfTarget(server);
  const networks = (await engine.networks()).filter(({ labels }) => hasAll(labels, ours));
  const found = [...(await engine.containers(ours)), ...networks, ...(await engine.volumes(ours))];
  const deployments = new Map<string, Labels[]>();
  for (const { labels } of found) {
    const key = JSON.stringify([
      labels[LABEL.environment],
      labels[LABEL.generation],
      labels[LABEL.deployment],
    ]);
    deployments.set(key, [...(deployments.get(key) ?? []), labels]);
  }
  for (const labelled of deployments.values()) {
    run.signal.throwIfAborted();
    const handle = handleOf(server, labelled);
    if (handle) yield handle;
  }
}
