import type { LogPorts } from '../deployments/logs/store.js';
import { runFor } from '../deployments/publish.js';
import { changeEnvironment } from '../environments/change.js';
import { activeEnvironments } from '../environments/list.js';
import { type Environment, type Health, isActive } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { isVitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import { probe } from '../targets/probe.js';
import type { Inspection, Run, TargetPorts } from '../targets/target.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = EnvironmentPorts &
  TargetPorts &
  Pick<LogPorts, 'healthChecks'> &
  Pick<Tools, 'clock' | 'log' | 'newId'>;

/** Hosts that answer slowly must not hold up the others. */
const AT_ONCE = 8;

/**
 * Looks at everything that is live outside this server, and writes down what changed. Something that was well must be found unwell in two
 * rounds, one after the other: a single lost packet makes no report. What this server serves from files is not asked over HTTP; the
 * sweep finds files that vanished.
 */
export function createHealthCheck(ports: Ports): () => Promise<number> {
  let suspects: ReadonlySet<string> = new Set();
  return async () => {
    const unwell = new Set<string>();
    const lookAt = async (environment: StoredEnvironment): Promise<number> => {
      const found = await inspect(ports, environment);
      if (found === null || environment.health?.state === found.state) return 0;
      const { deploymentId } = environment.current ?? {};
      const key = `${environment.id} ${deploymentId ?? ''}`;
      if (isWell(found) || !isWell(environment.health) || suspects.has(key))
        return record(ports, { environment, found });
      unwell.add(key);
      return 0;
    };
    const lookAtGroup = async (group: readonly StoredEnvironment[]): Promise<number> => {
      const each = (one: StoredEnvironment) =>
        forEachIsolated(ports, { items: [one], fields: { environment: one.slug }, work: lookAt });
      const counts = await Promise.all(group.map(each));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    const fields = { part: 'health' };
    const changed = await forEachIsolated(ports, { items: groupsOf(ports), fields, work: lookAtGroup });
    suspects = unwell;
    return changed;
  };
}

async function* groupsOf(ports: Ports): AsyncGenerator<readonly StoredEnvironment[]> {
  let group: StoredEnvironment[] = [];
  for await (const environment of activeEnvironments(ports)) {
    if (environment.current === null || environment.current.reach.kind === 'files') continue;
    group.push(environment);
    if (group.length < AT_ONCE) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Looks, and keeps what it saw. Null where there is nothing to ask. */
async function inspect(ports: Ports, environment: StoredEnvironment): Promise<Inspection | null> {
  const { current } = environment;
  if (current === null) return null;
  const asked = { httpStatus: null as number | null, latencyMs: null as number | null };
  const visit: Run['visit'] = async (page, signal) => {
    const began = performance.now();
    const status = await ports.visit(page, signal);
    Object.assign(asked, { httpStatus: status, latencyMs: Math.round(performance.now() - began) });
    return status;
  };
  const found = await look({ ...ports, visit }, environment);
  if (found === null) return null;
  await ports.healthChecks.add({
    id: ports.newId(),
    deploymentId: current.deploymentId,
    environmentId: environment.id,
    url: current.url,
    ...asked,
    live: isWell(found),
    detail: found.detail,
    checkedAt: ports.clock.now(),
  });
  return found;
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
    if (target) return await target.inspect(resource.handle, run);
    if (current.reach.kind !== 'elsewhere' || current.reach.healthPath === null) return null;
    return await probe({ url: current.reach.url, healthPath: current.reach.healthPath }, run);
  } catch (error) {
    // An address that this server does not ask.
    if (isVitrineError(error) && error.code === 'forbidden') return null;
    throw error;
  }
}

function isWell(seen: Pick<Health, 'state'> | null | undefined): boolean {
  return !seen || (seen.state !== 'unhealthy' && seen.state !== 'gone');
}

async function record(
  ports: Ports,
  { environment, found }: { environment: Environment; found: Inspection },
): Promise<number> {
  const { state, detail } = found;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const known = seen.health ?? null;
      if (!isActive(seen) || seen.current?.deploymentId !== environment.current?.deploymentId) return null;
      if (known?.state === state) return null;
      // After the first look at a preview that is well, nothing is to be told.
      const due = known === null && isWell(found) ? [] : (['report'] as const);
      return { patch: { health: { state, detail, since: ports.clock.now() } }, due };
    },
  });
  return 1;
}
