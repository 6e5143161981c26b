import { supersedeOlder } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { BY_SERVER, SERVER_ACTOR } from '../environments/history.js';
import { listedEnvironments } from '../environments/list.js';
import { abandoned, isAdmitted, type Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { limitReached } from '../pull-requests/decide/decision.js';
import { defaultSettings } from '../settings/settings.js';
import type { Tools } from '../shared/tools.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

/**
 * Two environments that are admitted at the same time may both have counted one free place. A process that finds too many afterwards
 * evicts the last ones, and every process picks the same ones, by the order of admission. Returns the ids of the evicted environments.
 */
export async function keepWithinLimit(ports: Ports, projectId: string): Promise<ReadonlySet<string>> {
  const evicted = new Set<string>();
  for (const { id, admittedAt } of excess(await admittedOf(ports, projectId))) {
    const changed = await changeEnvironment(ports, {
      id,
      plan: (environment) =>
        isAdmitted(environment) && admissionOrder(environment) === admissionOrder({ admittedAt })
          ? evict(environment)
          : null,
    });
    if (isAdmitted(changed)) continue;
    evicted.add(id);
    await supersedeOlder(ports, changed);
  }
  return evicted;
}

async function admittedOf(
  ports: Pick<Ports, 'environments'>,
  projectId: string,
): Promise<StoredEnvironment[]> {
  const all: StoredEnvironment[] = [];
  for await (const environment of listedEnvironments(ports, { projectId, activeOnly: true })) {
    if (isAdmitted(environment)) all.push(environment);
  }
  return all;
}

/** Each environment is measured by its own settings: a pull request that lowers its own limit must not evict another one. */
function excess(all: readonly StoredEnvironment[]): StoredEnvironment[] {
  const order = [...all].sort((a, b) => admissionOrder(a) - admissionOrder(b) || (a.id < b.id ? -1 : 1));
  let taken = 0;
  return order.filter((environment) => {
    const fits = taken < settingsOf(environment).limits.environments;
    if (fits) taken += 1;
    return !fits;
  });
}

/** Environments from before `admittedAt` existed come first. */
function admissionOrder({ admittedAt }: Pick<Environment, 'admittedAt'>): number {
  return admittedAt?.getTime() ?? 0;
}

function evict(environment: StoredEnvironment) {
  const decision = limitReached(settingsOf(environment));
  const patch = {
    status: abandoned(environment) ?? environment.status,
    generation: environment.generation + 1,
    decision,
  };
  const step = { ...decision, actor: SERVER_ACTOR, source: BY_SERVER };
  return { patch, due: ['report'] as const, step };
}

function settingsOf({ settings }: Environment) {
  return settings ?? defaultSettings();
}
