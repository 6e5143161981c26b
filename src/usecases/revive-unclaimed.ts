import { pendingStages } from '../domain/deployment.js';
import { DEPLOYMENT, E, nextDeployment } from '../domain/lifecycle.js';
import type { Ports, StoredEnvironment } from '../ports.js';
import { changeDeployment } from './change-deployment.js';
import { changeEnvironment } from './change-environment.js';

/** Given up because no run had taken it on: the run that comes all the same is what was waited for. */
export async function reviveUnclaimed(ports: Ports, environment: StoredEnvironment): Promise<void> {
  const { head } = environment;
  if (!head || environment.status !== E.failed) return;
  const waiting = await ports.deployments.get(head.deploymentId);
  if (!waiting || waiting.run !== null || !DEPLOYMENT[waiting.status].settled) return;
  const afresh = { error: null, completedAt: null, stages: pendingStages(), logTail: [] };
  await changeDeployment(ports, {
    id: waiting.id,
    plan: (seen) => {
      const status = seen.run === null ? nextDeployment(seen.status, 'revive') : undefined;
      return status ? { ...afresh, status } : null;
    },
  });
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.head?.deploymentId !== waiting.id || seen.error === null) return null;
      return { patch: { error: null }, due: ['report'] };
    },
  });
}
