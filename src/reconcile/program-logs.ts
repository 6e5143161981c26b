import { followProgram } from '../deployments/logs/follow.js';
import type { RuntimePorts } from '../deployments/logs/append.js';
import { runFor } from '../deployments/publish.js';
import { activeEnvironments } from '../environments/list.js';
import type { Environment, Resource } from '../environments/model.js';
import type { EnvironmentPorts } from '../environments/store.js';
import { underLease } from '../shared/lease.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';

type Ports = EnvironmentPorts & TargetPorts & RuntimePorts & LeasePorts & Pick<Tools, 'log' | 'newId'>;

interface Following {
  readonly stop: AbortController;
  readonly work: Promise<void>;
}

interface ProgramLogs {
  /** Begins to follow what runs since the last look, and stops following what must go. Answers how many it began with. */
  look(): Promise<number>;
  /** Stops following; another process goes on. */
  stop(withinMs: number): Promise<void>;
}

/** Longer than a process is busy with something else. */
const LEASE_MS = 15_000;
/** After a failure: its host may be away for a while. */
const PAUSE_MS = 30_000;

/** Follows what the programs of previews print, each of them in one process at a time. */
export function createProgramLogs(ports: Ports): ProgramLogs {
  const following = new Map<string, Following>();
  /** When the last attempt ended. */
  const failed = new Map<string, number>();
  let stopped = false;

  function begin(resource: Resource): void {
    const { deploymentId } = resource;
    const stop = new AbortController();
    const name = `program-log.${deploymentId}`;
    const work = underLease(ports, { name, ms: LEASE_MS }, (lost) =>
      follow(ports, { resource, signal: AbortSignal.any([stop.signal, lost]) }),
    )
      .then(
        () => undefined,
        (error: unknown) => {
          failed.set(deploymentId, performance.now());
          ports.log('warn', 'what a program prints could not be read, it is tried again', {
            deployment: deploymentId,
            error,
          });
        },
      )
      .finally(() => following.delete(deploymentId));
    following.set(deploymentId, { stop, work });
  }

  return {
    async look() {
      const wanted = new Map<string, Resource>();
      for await (const environment of activeEnvironments(ports))
        for (const resource of followable(ports, environment)) wanted.set(resource.deploymentId, resource);
      for (const [id, { stop }] of following) if (!wanted.has(id)) stop.abort();
      for (const [id, at] of failed) if (performance.now() - at >= PAUSE_MS) failed.delete(id);
      const fresh = [...wanted.values()].filter(
        ({ deploymentId: id }) => !following.has(id) && !failed.has(id),
      );
      if (!stopped) fresh.forEach(begin);
      return fresh.length;
    },
    async stop(withinMs) {
      stopped = true;
      for (const { stop } of following.values()) stop.abort();
      const late = new Promise((resolve) => {
        setTimeout(resolve, withinMs).unref();
      });
      await Promise.race([Promise.all([...following.values()].map(({ work }) => work)), late]);
    },
  };
}

function followable({ targets }: Ports, { resources, asleep, current }: Environment): readonly Resource[] {
  const sleeps = asleep ? current?.deploymentId : undefined;
  return resources.filter(
    ({ target, doomed, handle, reach, deploymentId }) =>
      !doomed &&
      handle !== null &&
      reach?.kind === 'upstream' &&
      deploymentId !== sleeps &&
      !!targets.get(target)?.capabilities.logs,
  );
}

async function follow(
  ports: Ports,
  { resource, signal }: { readonly resource: Resource; readonly signal: AbortSignal },
): Promise<void> {
  const { deploymentId, handle } = resource;
  const target = ports.targets.get(resource.target);
  const logs = target?.capabilities.logs;
  if (!logs) return;
  const run = runFor(ports, { target, configuration: null, about: deploymentId });
  await followProgram(ports, {
    deploymentId,
    source: logs.source ?? 'system',
    signal,
    follow: (since, until) => logs.follow(handle, { since }, { ...run, signal: until }),
  });
}
