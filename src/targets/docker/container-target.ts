import { z } from 'zod';
import { VitrineError } from '../../shared/errors.js';
import { healthOf, statusWords } from '../../shared/health.js';
import { ENVIRONMENT_STATUS } from '../../shared/status/words.js';
import {
  type Deployed,
  type Inspection,
  parseOptions,
  type ProgramLine,
  type Release,
  type Removal,
  type Run,
  type StartedContainer,
  type Target,
} from '../target.js';
import { ASLEEP, type ContainerOptions, RESTART } from './container-spec.js';
import { ensureContainer } from './container.js';
import type { EngineContainer } from './engine.js';
import { endEnvironment, refuseUnreadable, removeHooks, runHooks } from './hooks.js';
import { moveToOtherPorts } from './host-ports.js';
import { type KindParts, ownerOf, type Wanted } from './kind.js';
import { joinNetwork } from './network.js';
import { followProgram } from './program-logs.js';
import { destroy, list, removeLeftovers } from './removal.js';
import {
  type ContainerHandle,
  containerHandleSchema,
  hasLabels,
  identityOf,
  isApp,
  LABEL,
  labelsOfDeployment,
  labelsOfPlace,
  labelsOfTarget,
  networkName,
  placeOf,
} from './resource.js';
import { joinDatabases, withDatabases } from './services/databases.js';
import { settleDatabases } from './services/settle.js';
import { wakeDatabases } from './services/wake.js';
import { askContainer, endOf, startAndWait, type Waiting } from './start.js';

const optionsSchema = z.strictObject({
  /** Lets the program write to its image. What it writes is gone with the container. */
  writable: z.boolean().default(false),
  /** Lets the program run as root inside its container, if the image does. */
  root: z.boolean().default(false),
});

const PATIENCE_MS = 2 * 60_000;

export type ContainerTarget = Target<ContainerOptions, ContainerHandle> & { readonly runsIn: 'server' };

/** Programs in containers of the operator's own engine. Where their images come from is up to the kind. */
export function createContainerTarget(parts: KindParts): ContainerTarget {
  const { kind } = parts;
  const underWay = new Map<string, Promise<Deployed<ContainerHandle>>>();
  return {
    name: kind.name,
    options: optionsSchema,
    credentials: z.unknown(),
    runsIn: 'server',
    takes: kind.takes,
    starts: true,
    runner: 'container',
    services: true,
    hooks: true,
    earlier: 'removed',
    capabilities: {
      sleep: {
        stop: (handle, run) => stop(parts, handle, run),
        wake: (handle, run) => wake(parts, handle, run),
      },
      logs: {
        follow: (handle, { since }, run) => {
          return follow(parts, { handle: containerHandleSchema.parse(handle), since }, run);
        },
      },
    },
    identityOf,
    async deploy(release, options, run) {
      run.signal.throwIfAborted();
      const parsed = parseOptions(optionsSchema, options);
      // Asked twice at once, it is one deployment; another process finds the container by its name.
      const key = `${release.slug} ${release.generation} ${release.deploymentId}`;
      const begun = underWay.get(key) ?? deploy(parts, { release, options: parsed }, run);
      underWay.set(key, begun);
      return begun.finally(() => underWay.delete(key));
    },
    destroy: (handle, run, removal) =>
      remove(parts, { handle: containerHandleSchema.parse(handle), removal }, run),
    inspect: (handle, run) => inspect(parts, containerHandleSchema.parse(handle), run),
    list: (run) => list(parts, run),
  };
}

async function deploy(
  parts: KindParts,
  { release, options }: Wanted,
  run: Run,
): Promise<Deployed<ContainerHandle>> {
  await refuseLate(parts, release);
  refuseUnreadable(release.hooks);
  return withDatabases(parts, { release, run }, (within, databases) =>
    start(parts, { release, options, databases }, within),
  );
}

interface Beside extends Wanted {
  readonly databases: readonly StartedContainer[];
}

async function start(
  parts: KindParts,
  { release, options, databases }: Beside,
  run: Run,
): Promise<Deployed<ContainerHandle>> {
  // The first failure is what people must read; the sweep removes what is left by a second one.
  const afterwards = { ...run, log: () => undefined, signal: AFTERWARDS };
  const handle = await ensureContainer(parts, { release, options }, run).catch(async (error: unknown) => {
    await removeLeftovers(parts, release, afterwards).catch(() => undefined);
    throw error;
  });
  const url = parts.urlOf(release.slug);
  try {
    await joinDatabases(parts, release, { id: handle.container });
    // A newer deployment ends the hooks of this one.
    await runHooks(parts, { release, handle }, run).finally(() => refuseLate(parts, release));
    const { program } = release;
    run.log(`Started. Waiting until GET ${program.healthPath} answers with ${statusWords(program)}.`);
    await joinNetwork(parts, networkOf(parts, handle));
    const { container: id, address } = await startAndWait(parts.engine, waitingFor(parts, handle), run);
    run.log(`The program answers.`);
    // What is left of them goes with the program.
    await removeHooks(parts, handle).catch(() => undefined);
    const container = { id, service: 'app', image: handle.image, ...address };
    return {
      ...{ url, handle: { ...handle, container: id } },
      reach: { kind: 'upstream', ...address },
      containers: [container, ...databases],
    };
  } catch (error) {
    await destroy(parts, handle, afterwards).catch(() => undefined);
    throw error;
  }
}

interface Removed {
  readonly handle: ContainerHandle;
  readonly removal: Removal | undefined;
}

async function remove(parts: KindParts, { handle: given, removal }: Removed, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const handle = { ...given, container: (await find(parts, given))?.id ?? given.container };
  if (removal?.environmentEnds === true) await endEnvironment(parts, handle, run);
  await destroy(parts, handle, run);
}

const AFTERWARDS = new AbortController().signal;

async function refuseLate(parts: KindParts, { slug, generation }: Release): Promise<void> {
  const labels = { ...labelsOfTarget(ownerOf(parts)), [LABEL.environment]: slug };
  const programs = (await parts.engine.containers(labels)).filter(isApp);
  const newest = Math.max(...programs.map((one) => placeOf(one.labels)?.generation ?? 0), 0);
  if (newest > generation)
    throw new VitrineError('stale_head', 'This deployment was overtaken: a newer one is there already.');
}

type Started = ContainerHandle & { readonly container: string; readonly image: string };

function waitingFor(parts: KindParts, handle: ContainerHandle & Pick<Started, 'container'>): Waiting {
  const { urlOf, patienceMs = PATIENCE_MS } = parts;
  const { container, slug, deploymentId } = handle;
  const waiting = { container, ...healthOf(handle), url: urlOf(slug), patienceMs };
  if (deploymentId === null) return waiting;
  const labels = labelsOfDeployment(ownerOf(parts), { ...handle, deploymentId });
  return { ...waiting, move: (id) => moveToOtherPorts(parts, { container: id, labels }) };
}

/** Null when it is gone, or is no container of this deployment. Another one may have taken its place. */
async function find(parts: KindParts, handle: ContainerHandle): Promise<EngineContainer | null> {
  const { engine } = parts;
  const { container: id, deploymentId } = handle;
  if (id === null) return null;
  const container = await engine.container(id);
  const wanted = { ...labelsOfTarget(ownerOf(parts)), ...labelsOfPlace(parts.server, handle) };
  if (container) return hasLabels(container.labels, wanted) ? container : null;
  const own = await engine.containers({
    ...wanted,
    ...(deploymentId !== null && { [LABEL.deployment]: deploymentId }),
  });
  const next = deploymentId === null ? undefined : own.find(isApp);
  return next ? engine.container(next.id) : null;
}

interface Followed {
  readonly handle: ContainerHandle;
  readonly since: Date;
}

async function* follow(parts: KindParts, { handle, since }: Followed, run: Run): AsyncGenerator<ProgramLine> {
  const container = (await find(parts, handle))?.id ?? handle.container ?? '';
  yield* followProgram(parts.engine, { container, since }, run);
}

async function inspect(parts: KindParts, handle: ContainerHandle, run: Run): Promise<Inspection> {
  run.signal.throwIfAborted();
  const container = await find(parts, handle);
  if (container === null) return { state: 'gone', detail: 'Its container is gone.' };
  if (container.restarting) return { state: 'unhealthy', detail: 'It ended, and is being started again.' };
  if (!container.running) {
    if (container.restart === ASLEEP.Name) return { state: ENVIRONMENT_STATUS.sleeping, detail: null };
    return { state: 'unhealthy', detail: endOf(container) };
  }
  const health = healthOf(handle);
  const url = parts.urlOf(handle.slug);
  const asked = { container, network: networkOf(parts, handle), check: health, url };
  const found = await askContainer(parts, asked, run.signal);
  if (typeof found === 'string') return { state: 'unhealthy', detail: found };
  return { state: 'live', detail: null, reach: { kind: 'upstream', ...found }, health };
}

/** The network that its container was made for. */
function networkOf({ server }: KindParts, handle: ContainerHandle) {
  return { server, name: networkName(server, handle) };
}

/** As long as the engine gives it to end by itself. */
const STOP_SECONDS = 10;

async function stop(parts: KindParts, given: ContainerHandle, run: Run): Promise<void> {
  run.signal.throwIfAborted();
  const container = await find(parts, containerHandleSchema.parse(given));
  if (container === null) return;
  // First: a container that is stopped with this policy is asleep, and no other one.
  await parts.engine.setRestartPolicy(container.id, ASLEEP);
  await parts.engine.stopContainer(container.id, STOP_SECONDS);
  await settleDatabases(parts, given);
}

async function wake(parts: KindParts, given: ContainerHandle, run: Run) {
  run.signal.throwIfAborted();
  const handle = containerHandleSchema.parse(given);
  const container = await find(parts, handle);
  if (container === null)
    throw new VitrineError('not_found', 'The container of this preview is gone: deploy it again.');
  await wakeDatabases(parts, container, run);
  await parts.engine.setRestartPolicy(container.id, RESTART);
  await joinNetwork(parts, networkOf(parts, handle));
  const waiting = waitingFor(parts, { ...handle, container: container.id });
  const { address } = await startAndWait(parts.engine, waiting, run);
  return { kind: 'upstream', ...address } as const;
}
