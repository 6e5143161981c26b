import { setTimeout as pause } from 'node:timers/promises';
import { isVitrineError, VitrineError } from '../../shared/errors.js';
import {
  AT_START,
  type Hook,
  type HookEnd,
  type HookHost,
  runEndHook,
  runStartHooks,
  showHook,
} from '../hooks.js';
import type { HookCommands, Release, Run } from '../target.js';
import { ASLEEP, wordsOf } from './container-spec.js';
import type { ContainerEngine, ContainerSpec, EngineContainer, ListedContainer } from './engine.js';
import { type KindParts, ownerOf } from './kind.js';
import {
  type ContainerHandle,
  containerName,
  hasLabels,
  hookIn,
  isApp,
  LABEL,
  labelsOfHook,
  labelsOfPlace,
  labelsOfTarget,
  placeOf,
} from './resource.js';
import { wakeDatabases } from './services/wake.js';

/** A deployment whose container is there. */
type Placed = Pick<ContainerHandle, 'slug' | 'generation'> & {
  readonly deploymentId: string;
  readonly container: string;
};

/** Throws before anything is made. */
export function refuseUnreadable(hooks: HookCommands): void {
  for (const [name, line] of Object.entries(hooks)) if (line !== null) wordsOfHook(name, line);
}

function wordsOfHook(name: string, line: string): readonly string[] {
  return wordsOf(line, { what: `The hook "${name}"`, setting: `hooks.${name}` });
}

interface Wanted {
  readonly release: Release;
  readonly handle: ContainerHandle;
}

/** What must succeed between the making of a container and its first start. */
export async function runHooks(parts: KindParts, { release, handle }: Wanted, run: Run): Promise<void> {
  const placed = placedAt(handle);
  if (placed === null) return;
  const done = await endEarlierHooks(parts, placed);
  if ((await parts.engine.container(placed.container))?.started === true) return;
  const host: HookHost = {
    isCreated: async () => done || (await isStarted(parts, await programsOf(parts, placed))),
    run: (hook) => runHook(parts, { placed, hook }, run),
  };
  await runStartHooks(host, release.hooks, run);
}

function placedAt({ deploymentId, container, ...place }: ContainerHandle): Placed | null {
  return deploymentId === null || container === null ? null : { ...place, deploymentId, container };
}

/** Of all deployments. */
function everyOf(parts: KindParts, { slug }: Pick<Placed, 'slug'>): Promise<readonly ListedContainer[]> {
  return parts.engine.containers({ ...labelsOfTarget(ownerOf(parts)), [LABEL.environment]: slug });
}

async function programsOf(parts: KindParts, placed: Placed): Promise<readonly ListedContainer[]> {
  return (await everyOf(parts, placed)).filter(isApp);
}

async function isStarted({ engine }: KindParts, programs: readonly ListedContainer[]): Promise<boolean> {
  for (const { id } of programs) if ((await engine.container(id))?.started === true) return true;
  return false;
}

const STOP_SECONDS = 5;

/**
 * Ends those of earlier deployments that still run: a newer deployment is there, which begins with its own. True when `created` of one of
 * them had done its work, which is looked at first: its deployment removes everything once the next of its hooks was ended.
 */
async function endEarlierHooks(parts: KindParts, { slug, generation, deploymentId }: Placed) {
  const { engine } = parts;
  const earlier = (await everyOf(parts, { slug })).filter((one) => {
    const isOther = one.labels[LABEL.deployment] !== deploymentId;
    return isOther && (placeOf(one.labels)?.generation ?? 0) <= generation && isOfStart(one);
  });
  let done = false;
  for (const one of earlier.sort((a, b) => String(hookIn(a)).localeCompare(String(hookIn(b))))) {
    await unlessGone(engine.stopContainer(one.id, STOP_SECONDS));
    const seen = await engine.container(one.id);
    done ||= hookIn(one) === 'created' && seen?.started === true && seen.exitCode === 0;
    await engine.removeContainer(one.id);
  }
  return done;
}

function isOfStart(container: ListedContainer): boolean {
  return AT_START.some((name) => name === hookIn(container));
}

/** Once the program was started, that says what they have done. */
export async function removeHooks(parts: KindParts, handle: ContainerHandle): Promise<void> {
  const own = (await everyOf(parts, handle)).filter(
    (one) => isOfStart(one) && one.labels[LABEL.deployment] === handle.deploymentId,
  );
  for (const { id } of own) await parts.engine.removeContainer(id);
}

/** Runs when the last program that was ever started goes. By then it has ended. */
export async function endEnvironment(parts: KindParts, handle: ContainerHandle, run: Run): Promise<void> {
  const { engine, server } = parts;
  const placed = placedAt(handle);
  const program = placed && (await engine.container(placed.container));
  const labels = { ...labelsOfTarget(ownerOf(parts)), ...labelsOfPlace(server, handle) };
  if (!placed || program?.started !== true || !hasLabels(program.labels, labels)) return;
  const { [LABEL.destroyed]: command } = program.labels;
  const others = (await programsOf(parts, placed)).filter(({ id }) => id !== program.id);
  if (!command || (await isStarted(parts, others))) return;
  await engine.stopContainer(program.id, STOP_SECONDS);
  // Those of a preview that slept were stopped with it. The run that this answers hides their passwords.
  const awake = async () => wakeDatabases(parts, program, run);
  await runEndHook({ run: async (hook) => runHook(parts, { placed, hook }, await awake()) }, command, run);
}

interface Running {
  readonly placed: Placed;
  readonly hook: Hook;
}

async function runHook(parts: KindParts, { placed, hook }: Running, run: Run): Promise<HookEnd> {
  const { engine } = parts;
  try {
    const id = await startedHook(parts, { placed, hook }, run);
    const shown = { name: hook.name, limitMs: parts.hookLimitMs };
    const late = await showHook(shown, (signal) => engine.logs(id, { follow: true, signal }), run);
    if (late) await engine.stopContainer(id, STOP_SECONDS);
    const { exitCode: code, outOfMemory } = await ended(engine, id, run);
    // It was ended by a removal of everything, which takes the program first.
    if (code !== 0 && (await engine.container(placed.container)) === null) throw goneHook();
    return { code, signal: null, outOfMemory, late };
  } catch (error) {
    if (!isGone(error)) throw error;
    // Another server has seen its end, and goes on with the start.
    if ((await engine.container(placed.container))?.started === true) return SUCCESS;
    throw new VitrineError('unavailable', `The hook "${hook.name}" was removed while it ran.`);
  }
}

const SUCCESS: HookEnd = { code: 0, signal: null, outOfMemory: false, late: false };

function goneHook(): VitrineError {
  return new VitrineError('not_found', 'The container of the hook is gone.');
}

function isGone(error: unknown): boolean {
  return isVitrineError(error) && error.code === 'not_found';
}

async function unlessGone(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
}

const LOOK_MS = 50;

async function ended(engine: ContainerEngine, id: string, { signal }: Run): Promise<EngineContainer> {
  for (;;) {
    const seen = await engine.container(id);
    if (seen === null) throw goneHook();
    if (!seen.running) return seen;
    await pause(LOOK_MS, undefined, { signal });
  }
}

/** A container that another process made is left to it for so long. */
const GRACE_MS = 5_000;

/** Answers the container of a hook, which was started once: by this call, or by another process. */
async function startedHook(parts: KindParts, running: Running, run: Run): Promise<string> {
  const { engine } = parts;
  const { spec, networks } = await hookSpec(parts, running);
  const made = await engine.createContainer(spec).catch((error: unknown) => {
    if (isVitrineError(error) && error.code === 'conflict') return null;
    throw error;
  });
  const id = made ?? (await findHook(parts, spec)).id;
  if (made === null && (await isStartedByAnother(engine, id, run))) return id;
  for (const network of networks) await engine.connectNetwork(network, { container: id, aliases: [] });
  await engine.startContainer(id).catch((error: unknown) => {
    if (!isVitrineError(error) || error.code !== 'unprocessable') throw error;
    const { name, command } = running.hook;
    throw new VitrineError(
      'unprocessable',
      `The hook "${name}" (${command.slice(0, 100)}) could not be started. ${error.message}`,
    );
  });
  return id;
}

async function isStartedByAnother(engine: ContainerEngine, id: string, { signal }: Run): Promise<boolean> {
  const deadline = AbortSignal.timeout(GRACE_MS);
  while (!deadline.aborted) {
    if ((await engine.container(id))?.started !== false) return true;
    await pause(LOOK_MS, undefined, { signal });
  }
  return false;
}

async function findHook({ engine }: KindParts, { body }: ContainerSpec): Promise<ListedContainer> {
  const [found] = await engine.containers(body.Labels);
  if (!found) throw goneHook();
  return found;
}

/** Everything that its program has, read from the container of that. */
async function hookSpec(
  { engine, server }: KindParts,
  { placed, hook: { name, command } }: Running,
): Promise<{ readonly spec: ContainerSpec; readonly networks: readonly string[] }> {
  const [program, origin] = await Promise.all([
    engine.container(placed.container),
    engine.originOf(placed.container),
  ]);
  if (!program || !origin) throw new VitrineError('not_found', 'The container of the program is gone.');
  if (program.started && AT_START.some((one) => one === name))
    throw new VitrineError('not_found', 'Its program was started already: the hook is not needed any more.');
  const { networks, HostConfig, ...given } = origin;
  const body = {
    ...given,
    Cmd: wordsOfHook(name, command),
    Labels: labelsOfHook(program.labels, name),
    ExposedPorts: {},
    HostConfig: { ...HostConfig, PortBindings: {}, RestartPolicy: ASLEEP },
  };
  return {
    spec: { name: `${containerName(server, placed)}-${name}`, body },
    // Those of its databases: the first one it has from the start.
    networks: networks.filter((network) => network !== HostConfig.NetworkMode),
  };
}
