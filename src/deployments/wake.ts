import type { ContainerChange, ContainerPorts } from '../containers/container.js';
import { changeEnvironment } from '../environments/change.js';
import { type Environment, isActive, isUnwell, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { isVitrineError, VitrineError } from '../shared/errors.js';
import { underLease } from '../shared/lease.js';
import type { Reach } from '../shared/reach.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { CONTAINER_STATUS } from '../shared/status/words.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { Run, TargetPorts } from '../targets/target.js';
import { changeDeployment } from './change.js';
import { configurationOf, type ConfigurationPorts } from './configuration.js';
import { runFor } from './publish.js';
import type { DeploymentPorts } from './store.js';

export type SleepPorts = EnvironmentPorts &
  DeploymentPorts &
  TargetPorts &
  ConfigurationPorts &
  ContainerPorts &
  LeasePorts &
  Tools;

/** Stopping, waking and removing a program exclude each other. After a crash the lease ends by itself. */
export function powerLease({ id }: Pick<StoredEnvironment, 'id'>): { name: string; ms: number } {
  return { name: `power.${id}`, ms: 15_000 };
}

const AGAIN_MS = 200;
/** Longer than visitors wait. */
const PATIENCE_MS = 60_000;

interface Wake {
  readonly environmentId: string;
  /** A person asks: a program that does not answer is started again too. */
  readonly unwellToo?: boolean;
}

/** Starts the program of a preview that sleeps, once, however many processes are asked to. Throws when it does not start. */
export async function wakeEnvironment(ports: SleepPorts, wake: Wake): Promise<StoredEnvironment> {
  const first = await activeOne(ports, wake);
  const until = performance.now() + PATIENCE_MS;
  let environment = first;
  while (mustWake(environment, wake)) {
    const woken = await underLease(ports, powerLease(environment), (lost) => wakeHeld(ports, { wake, lost }));
    if (woken !== undefined) return woken;
    if (performance.now() > until) throw unavailable('Another server still wakes this preview: try again.');
    await new Promise((resolve) => {
      setTimeout(resolve, AGAIN_MS);
    });
    environment = await activeOne(ports, wake);
    const failedAt = environment.asleep?.failedAt;
    if (failedAt && failedAt.getTime() !== first.asleep?.failedAt?.getTime())
      throw unavailable(environment.health?.detail ?? NOT_STARTED);
  }
  return environment;
}

const NOT_STARTED = 'Its program could not be started again.';

function unavailable(message: string): VitrineError {
  return new VitrineError('unavailable', message);
}

async function activeOne({ environments }: EnvironmentPorts, { environmentId }: Wake) {
  const environment = await environments.get(environmentId);
  if (!environment) throw new VitrineError('not_found', 'There is no such environment.');
  if (!isActive(environment)) throw new VitrineError('environment_gone', 'This preview was removed.');
  return environment;
}

function mustWake({ asleep, current, health }: Environment, { unwellToo = false }: Wake): boolean {
  if (current?.reach.kind !== 'upstream') return false;
  return !!asleep || (unwellToo && isUnwell(health));
}

interface Held {
  readonly wake: Wake;
  readonly lost: AbortSignal;
}

async function wakeHeld(ports: SleepPorts, { wake, lost }: Held): Promise<StoredEnvironment> {
  let environment = await activeOne(ports, wake);
  // Another process was faster.
  if (!mustWake(environment, wake)) return environment;
  const found = programOf(ports, environment);
  if (!found)
    throw new VitrineError('unprocessable', 'This preview has no program that can be started again.');
  if (environment.asleep?.failedAt) environment = await forgetFailure(ports, environment);
  try {
    const configuration = await configurationOf(ports, environment);
    const run = runFor(ports, { target: found.target, configuration, about: found.resource.deploymentId });
    const at = ports.clock.now();
    await ports.containers.change({ ...found.of, status: CONTAINER_STATUS.starting, at });
    const limited: Run = { ...run, signal: AbortSignal.any([run.signal, lost]) };
    const reach = await found.sleep.wake(found.resource.handle, limited);
    return await recordAwake(ports, { environment, reach });
  } catch (error) {
    await recordFailure(ports, { environment, error });
    throw error;
  }
}

/** What runs for `current`, where its target can stop and start it. */
export function programOf({ targets }: Pick<TargetPorts, 'targets'>, { current, resources }: Environment) {
  const isCurrent = ({ deploymentId, doomed, handle }: Resource) =>
    deploymentId === current?.deploymentId && !doomed && handle !== null;
  const resource = resources.find(isCurrent);
  const target = resource && targets.get(resource.target);
  const sleep = target?.capabilities.sleep;
  return resource && sleep ? { resource, target, sleep, of: { deploymentId: resource.deploymentId } } : null;
}

function forgetFailure(ports: SleepPorts, { id }: StoredEnvironment): Promise<StoredEnvironment> {
  return changeEnvironment(ports, {
    id,
    plan: ({ asleep }) => (asleep ? { patch: { asleep: { ...asleep, failedAt: null } }, due: [] } : null),
  });
}

interface Awake {
  readonly environment: StoredEnvironment;
  /** Where it is reached now. */
  readonly reach: Reach;
}

type MovePorts = EnvironmentPorts & DeploymentPorts & ContainerPorts & Pick<Tools, 'clock'>;

/** The deployment first: the change of the environment makes the server forget what it showed at both hosts. */
async function recordPlace(
  ports: Omit<MovePorts, 'environments'>,
  { environment: { current: before }, reach }: Awake,
): Promise<void> {
  const deploymentId = before?.deploymentId ?? '';
  await ports.containers.change({
    ...{ deploymentId, status: CONTAINER_STATUS.running, at: ports.clock.now() },
    moved: movesBetween(before?.reach, reach),
  });
  await changeDeployment(ports, { id: deploymentId, plan: () => ({ reach }) });
}

/** Its engine started it again by itself, and it is reached elsewhere now. That is nobody's visit. */
export async function recordMoved(ports: MovePorts, { environment, reach }: Awake): Promise<void> {
  await recordPlace(ports, { environment, reach });
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const isSame = seen.current?.deploymentId === environment.current?.deploymentId;
      if (!isActive(seen) || seen.asleep || !isSame) return null;
      return { patch: reachedAt(seen, reach), due: [] };
    },
  });
}

function reachedAt({ current, resources }: StoredEnvironment, reach: Reach) {
  if (current === null) return {};
  const ofCurrent = ({ deploymentId }: Resource) => deploymentId === current.deploymentId;
  return {
    current: { ...current, reach },
    resources: resources.map((one) => (ofCurrent(one) ? { ...one, reach } : one)),
  };
}

export async function recordAwake(
  ports: SleepPorts,
  { environment, reach }: Awake,
): Promise<StoredEnvironment> {
  const { id, current: woken } = environment;
  await recordPlace(ports, { environment, reach });
  await ports.environments.recordActivity(id, ports.clock.now());
  const written = await changeEnvironment(ports, {
    id,
    plan: (seen) => {
      const { status, current, health } = seen;
      if (!isActive(seen) || current?.deploymentId !== woken?.deploymentId) return null;
      const next = nextEnvironment(status, 'wake') ?? status;
      const awake = { asleep: null, health: isUnwell(health) ? null : (health ?? null) };
      return { patch: { ...awake, status: next, ...reachedAt(seen, reach) }, due: ['report'] };
    },
  });
  return activeOrGone(written);
}

/** From where each service was reached to where it is reached now. */
function movesBetween(before: Reach | undefined, now: Reach): NonNullable<ContainerChange['moved']> {
  if (before?.kind !== 'upstream' || now.kind !== 'upstream') return [];
  const others = (before.addresses ?? []).flatMap((from) => {
    const to = now.addresses?.find(({ service }) => service === from.service);
    return to ? [{ from: placeOf(from), to: placeOf(to) }] : [];
  });
  return [{ from: placeOf(before), to: placeOf(now) }, ...others];
}

function placeOf({ host, port }: { readonly host: string; readonly port: number }) {
  return { host, port };
}

/** It was removed while it was woken: the teardown takes what was started. */
function activeOrGone(environment: StoredEnvironment): StoredEnvironment {
  if (isActive(environment)) return environment;
  throw new VitrineError('environment_gone', 'This preview was removed.');
}

/** Visitors see that it does not start, and people why, as far as the target says it for them. */
async function recordFailure(
  ports: SleepPorts,
  { environment, error }: { readonly environment: StoredEnvironment; readonly error: unknown },
): Promise<void> {
  const { id, slug, current: tried } = environment;
  ports.log('warn', 'a preview could not be woken', { environment: slug, error });
  const now = ports.clock.now();
  const deploymentId = tried?.deploymentId ?? '';
  await ports.containers.change({ deploymentId, status: CONTAINER_STATUS.stopped, at: now });
  await changeEnvironment(ports, {
    id,
    plan: (seen) => {
      if (!isActive(seen) || seen.current?.deploymentId !== deploymentId) return null;
      const asleep = { since: now, stoppedAt: null, ...seen.asleep, failedAt: now };
      const why = isVitrineError(error) ? ` ${error.message}` : '';
      const health = { state: 'unhealthy', detail: `${NOT_STARTED}${why}`, since: now } as const;
      return { patch: { asleep, health }, due: ['report'] };
    },
  });
}
