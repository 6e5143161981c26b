import { VitrineError } from '../shared/errors.js';
import { changeDeployment } from './change.js';
import type { DeploymentPorts, LogLine, LogPorts } from './store.js';

type Ports = DeploymentPorts & LogPorts;

/** Keeps lines of a build. They are a sign of life too, so the deployment is touched. A repeated batch is kept once. */
export async function appendLogs(
  ports: Ports,
  { deploymentId, body }: { deploymentId: string; body: { seq: number; lines: readonly LogLine[] } },
): Promise<void> {
  const deployment = await ports.deployments.get(deploymentId);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${deploymentId}.`);
  await ports.logs.append({ deploymentId, type: 'build', seq: body.seq, lines: body.lines });
  await changeDeployment(ports, { id: deploymentId, plan: (seen) => (seen.completedAt ? null : {}) });
}
