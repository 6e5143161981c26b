import { programOf, powerLease, recordAwake, type SleepPorts } from '../deployments/wake.js';
import { configurationOf } from '../deployments/configuration.js';
import { runFor } from '../deployments/publish.js';
import { changeEnvironment } from '../environments/change.js';
import { isIdle } from '../environments/idle.js';
import { activeEnvironments } from '../environments/list.js';
import type { Environment } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { underLease } from '../shared/lease.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { CONTAINER_STATUS, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = SleepPorts;

/** By then every process that serves visitors has read the document again, and has written that a visitor came. */
export const SETTLE_MS = 10_000;

/**
 * Stops the programs of previews without visitors. The document says so first, and the program is stopped a round later: a visitor who comes
 * in between wakes the preview, and no request meets a program that is being stopped. After a crash the next round goes on.
 */
export function putToSleep(ports: Ports): Promise<number> {
  const fields = { part: 'sleep' };
  return forEachIsolated(ports, {
    items: activeEnvironments(ports),
    fields,
    work: (one) => look(ports, one),
  });
}

async function look(ports: Ports, environment: StoredEnvironment): Promise<number> {
  const { current, asleep } = environment;
  if (current?.reach.kind !== 'upstream' || !programOf(ports, environment)) return 0;
  if (asleep && asleep.stoppedAt === null && isSettled(ports, environment)) return stop(ports, environment);
  return mayFallAsleep(ports, environment) ? fallAsleep(ports, environment) : 0;
}

function isSettled({ clock }: Ports, { asleep }: Environment): boolean {
  return !!asleep && clock.now().getTime() - asleep.since.getTime() >= SETTLE_MS;
}

/** While a newer commit is built, the present one is left as it is. */
function mayFallAsleep({ clock }: Ports, environment: Environment): boolean {
  const { status, asleep } = environment;
  if (status === ENVIRONMENT_STATUS.failed) return !asleep && isIdle(environment, clock.now());
  if (status !== ENVIRONMENT_STATUS.ready) return false;
  // It slept already when a newer build of it was given up.
  return !!asleep || isIdle(environment, clock.now());
}

async function fallAsleep(ports: Ports, environment: StoredEnvironment): Promise<number> {
  let slept = 0;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      slept = 0;
      const same = seen.current?.deploymentId === environment.current?.deploymentId;
      if (!same || !mayFallAsleep(ports, seen)) return null;
      slept = 1;
      const status = nextEnvironment(seen.status, 'sleep') ?? seen.status;
      const asleep = seen.asleep ?? { since: ports.clock.now(), stoppedAt: null, failedAt: null };
      return { patch: { status, asleep }, due: ['report'] };
    },
  });
  return slept;
}

async function stop(ports: Ports, { id }: StoredEnvironment): Promise<number> {
  const stopped = await underLease(ports, powerLease({ id }), (lost) => stopHeld(ports, { id, lost }));
  return stopped ?? 0;
}

async function stopHeld(
  ports: Ports,
  { id, lost }: { readonly id: string; readonly lost: AbortSignal },
): Promise<number> {
  const environment = await ports.environments.get(id);
  if (!environment?.asleep || environment.asleep.stoppedAt !== null) return 0;
  const program = programOf(ports, environment);
  if (!program || !environment.current) return 0;
  if ((environment.activeAt ?? NEVER) > environment.asleep.since) {
    await recordAwake(ports, { environment, reach: environment.current.reach });
    return 1;
  }
  const configuration = await configurationOf(ports, environment);
  const run = runFor(ports, { target: program.target, configuration, about: program.resource.deploymentId });
  await program.sleep.stop(program.resource.handle, { ...run, signal: AbortSignal.any([run.signal, lost]) });
  const at = ports.clock.now();
  await ports.containers.change({ ...program.of, status: CONTAINER_STATUS.stopped, at });
  await changeEnvironment(ports, {
    id,
    plan: ({ asleep }) => (asleep ? { patch: { asleep: { ...asleep, stoppedAt: at } }, due: [] } : null),
  });
  return 1;
}

const NEVER = new Date(0);
