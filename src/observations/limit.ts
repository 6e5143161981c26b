import { supersedeOlder } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { listedEnvironments } from '../environments/list.js';
import { abandoned, isAdmitted, type Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { limitReached } from '../pull-requests/decide/decision.js';
import { defaultSettings } from '../settings/settings.js';
import type { Tools } from '../shared/tools.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

/**
 * Two that are admitted in one moment may both have counted one place left. Whoever sees too many afterwards takes the last ones out:
 * all who look agree on which, by the order in which they were admitted. Answers those that have no place.
 */
export async function keepWithinLimit(ports: Ports, projectId: string): Promise<ReadonlySet<string>> {
  const out = new Set<string>();
  for (const { id, admittedAt } of excess(await admittedOf(ports, projectId))) {
    const changed = await changeEnvironment(ports, {
      id,
      plan: (seen) =>
        isAdmitted(seen) && admissionOrder(seen) === admissionOrder({ admittedAt }) ? evict(seen) : null,
    });
    if (isAdmitted(changed)) continue;
    out.add(id);
    await supersedeOlder(ports, changed);
  }
  return out;
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

/** A pull request may have lowered its own limit; that must not cost another one its place. */
function excess(all: readonly StoredEnvironment[]): StoredEnvironment[] {
  const order = [...all].sort((a, b) => admissionOrder(a) - admissionOrder(b) || (a.id < b.id ? -1 : 1));
  let taken = 0;
  return order.filter((environment) => {
    const fits = taken < settingsOf(environment).limits.environments;
    if (fits) taken += 1;
    return !fits;
  });
}

/** Those that were there before places were written down come first. */
function admissionOrder({ admittedAt }: Pick<Environment, 'admittedAt'>): number {
  return admittedAt?.getTime() ?? 0;
}

function evict(seen: StoredEnvironment) {
  const patch = {
    status: abandoned(seen) ?? seen.status,
    generation: seen.generation + 1,
    decision: limitReached(settingsOf(seen)),
  };
  return { patch, due: ['report'] as const };
}

function settingsOf({ settings }: Environment) {
  return settings ?? defaultSettings();
}
