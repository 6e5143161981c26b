import type { ContainerPorts } from '../containers/container.js';
import type { LogPorts } from '../deployments/logs/store.js';
import { runFor } from '../deployments/publish.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { healthCheckOf } from '../deployments/variables.js';
import { recordMoved } from '../deployments/wake.js';
import { changeEnvironment } from '../environments/change.js';
import { activeEnvironments } from '../environments/list.js';
import { type Environment, isActive, isUnwell } from '../environments/model.js';
import type { EnvironmentPatch, EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { errorCode, isVitrineError } from '../shared/errors.js';
import { isHealthyStatus, timeoutOf } from '../shared/health.js';
import type { AskProgramPorts, Reach } from '../shared/reach.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { probe } from '../targets/probe.js';
import type { Inspection, Run, ServerTarget, TargetPorts } from '../targets/target.js';
import { forEachIsolated } from './for-each-isolated.js';
import { createThinning } from './thinning.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ContainerPorts &
  TargetPorts &
  AskProgramPorts &
  Pick<LogPorts, 'healthChecks'> &
  Pick<Tools, 'clock' | 'log' | 'newId'>;

/** What one loop looks at, and in how many rounds, one after the other, something must be found unwell before it counts. */
export interface Looking {
  readonly kind: Exclude<Reach['kind'], 'files'>;
  readonly misses: number;
}

/** Each look at a host of others is a request to them. */
export const HOSTS: Looking = { kind: 'elsewhere', misses: 2 };
export const PROGRAMS: Looking = { kind: 'upstream', misses: 3 };

/** Hosts that answer slowly must not hold up the others. */
const AT_ONCE = 8;

/**
 * Looks at what is live outside this server or runs beside it, and writes down what changed. A single lost packet makes no report. What
 * this server serves from files is not asked over HTTP; the sweep finds files that vanished.
 */
export function createHealthCheck(ports: Ports, looking: Looking): () => Promise<number> {
  let missed: ReadonlyMap<string, number> = new Map();
  const keep = createThinning();
  return async () => {
    const misses = new Map<string, number>();
    const lookAt = async (environment: StoredEnvironment): Promise<number> => {
      const found = await inspect({ ...ports, keep }, environment);
      if (found === null) return 0;
      const key = `${environment.id} ${environment.current?.deploymentId ?? ''}`;
      const count = isWell(found) ? 0 : (missed.get(key) ?? 0) + 1;
      if (count > 0) misses.set(key, count);
      if (environment.health?.state === found.state) return 0;
      const counts = count === 0 || count >= looking.misses || isUnwell(environment.health);
      return counts ? record(ports, { environment, found }) : 0;
    };
    const lookAtGroup = async (group: readonly StoredEnvironment[]): Promise<number> => {
      const each = (one: StoredEnvironment) =>
        forEachIsolated(ports, { items: [one], fields: { environment: one.slug }, work: lookAt });
      const counts = await Promise.all(group.map(each));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    const fields = { part: 'health' };
    const items = groupsOf(ports, looking);
    const changed = await forEachIsolated(ports, { items, fields, work: lookAtGroup });
    missed = misses;
    return changed;
  };
}

async function* groupsOf(ports: Ports, { kind }: Looking): AsyncGenerator<readonly StoredEnvironment[]> {
  let group: StoredEnvironment[] = [];
  for await (const environment of activeEnvironments(ports)) {
    // Asking one that sleeps would wake it, or find it unwell.
    if (environment.current?.reach.kind !== kind || environment.asleep) continue;
    group.push(environment);
    if (group.length < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

interface Asked {
  httpStatus: number | null;
  latencyMs: number | null;
}

type Keeping = Ports & { readonly keep: ReturnType<typeof createThinning> };

/** Looks, and keeps what it saw. Null where there is nothing to ask. */
async function inspect(ports: Keeping, environment: StoredEnvironment): Promise<Inspection | null> {
  const { current } = environment;
  if (current === null) return null;
  const asked: Asked = { httpStatus: null, latencyMs: null };
  const found = await look(measuring(ports, asked), environment);
  if (found === null) return null;
  const { deploymentId, url } = current;
  const checkedAt = ports.clock.now();
  const live = isWell(found);
  const brief = ports.keep({ deploymentId, live, at: checkedAt }) ? {} : { brief: true as const };
  await ports.healthChecks.add({
    ...{ id: ports.newId(), deploymentId, environmentId: environment.id, url },
    ...{ ...asked, live, detail: found.detail, checkedAt, ...brief },
  });
  return found;
}

/** The same ports, which note how the last request went. */
function measuring(ports: Ports, asked: Asked): Ports {
  const measured =
    <Input extends readonly unknown[]>(ask: (...input: Input) => Promise<number>) =>
    async (...input: Input): Promise<number> => {
      const began = performance.now();
      const status = await ask(...input);
      Object.assign(asked, { httpStatus: status, latencyMs: Math.round(performance.now() - began) });
      return status;
    };
  return { ...ports, visit: measured(ports.visit), askProgram: measured(ports.askProgram) };
}

async function look(ports: Ports, environment: StoredEnvironment): Promise<Inspection | null> {
  const { current, resources } = environment;
  if (current === null) return null;
  const resource = resources.find(
    ({ deploymentId, handle }) => deploymentId === current.deploymentId && handle !== null,
  );
  const target = resource && ports.targets.get(resource.target);
  const run = runFor(ports, { target: { name: target?.name ?? '' }, configuration: null, about: 'health' });
  try {
    if (current.reach.kind === 'upstream')
      return await lookAtProgram(ports, { environment, reach: current.reach, target, resource, run });
    if (target) return await target.inspect(resource.handle, run);
    if (current.reach.kind !== 'elsewhere' || current.reach.healthPath === null) return null;
    const { url, healthPath, healthTimeoutMs, healthStatus } = current.reach;
    return await probe({ url, healthPath, healthTimeoutMs, healthStatus }, run);
  } catch (error) {
    // An address that this server does not ask.
    if (isVitrineError(error) && error.code === 'forbidden') return null;
    throw error;
  }
}

interface Program {
  readonly environment: StoredEnvironment;
  readonly reach: Extract<Reach, { kind: 'upstream' }>;
  readonly target: ServerTarget<unknown, unknown> | undefined;
  readonly resource: { readonly handle: unknown } | undefined;
  readonly run: Run;
}

/** Where this server reaches all of its services. */
function placesIn({ addresses, ...main }: Program['reach']): string {
  return JSON.stringify([main, ...(addresses ?? [])].map(({ host, port }) => [host, port]));
}

/** The target first: it knows why a program ended. What it says runs must also answer. */
async function lookAtProgram(
  ports: Ports,
  { environment, reach, target, resource, run }: Program,
): Promise<Inspection> {
  const said = target && resource ? await target.inspect(resource.handle, run) : null;
  if (said !== null && said.state !== 'live') return said;
  const now = said?.reach?.kind === 'upstream' ? { ...reach, ...said.reach } : reach;
  if (placesIn(now) !== placesIn(reach)) await recordMoved(ports, { environment, reach: now });
  const { host, port } = now;
  const check = said?.health ?? healthCheckOf(environment);
  const { healthPath: path } = check;
  const patienceMs = timeoutOf(check);
  const limit = AbortSignal.timeout(patienceMs);
  try {
    const signal = AbortSignal.any([run.signal, limit]);
    const name = new URL(environment.url).host;
    const status = await ports.askProgram({ host, port, name, path, signal });
    if (isHealthyStatus(check, status)) return { state: 'live', detail: null };
    return { state: 'unhealthy', detail: `It answers HTTP ${String(status)} at ${path}.` };
  } catch (error) {
    const reason = limit.aborted
      ? `not within ${String(patienceMs / 1_000)} seconds`
      : (errorCode(error) ?? 'no connection');
    return { state: 'unhealthy', detail: `It does not answer (${reason}).` };
  }
}

/** One that was stopped although it should run is missed as well. */
function isWell({ state }: Inspection): boolean {
  return state === 'live';
}

async function record(
  ports: Ports,
  { environment, found }: { environment: Environment; found: Inspection },
): Promise<number> {
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const known = seen.health ?? null;
      if (!isActive(seen) || seen.asleep || seen.current?.deploymentId !== environment.current?.deploymentId)
        return null;
      if (known?.state === found.state) return null;
      // After the first look at a preview that is well, nothing is to be told.
      const due = known === null && isWell(found) ? [] : (['report'] as const);
      return { patch: patchOf(seen, { found, at: ports.clock.now() }), due };
    },
  });
  return 1;
}

/** A program that the operator stopped at its host sleeps: the next visitor wakes it. */
function patchOf(
  { status }: Environment,
  { found: { state, detail }, at }: { readonly found: Inspection; readonly at: Date },
): EnvironmentPatch {
  if (state !== ENVIRONMENT_STATUS.sleeping) return { health: { state, detail, since: at } };
  const asleep = { since: at, stoppedAt: at, failedAt: null };
  return { asleep, health: null, status: nextEnvironment(status, 'sleep') ?? status };
}
