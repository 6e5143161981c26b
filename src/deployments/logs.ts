import { VitrineError } from '../shared/errors.js';
import type { Page, PageRequest } from '../shared/pages.js';
import { changeDeployment } from './change.js';
import type { DeploymentPorts } from './store.js';

type Ports = DeploymentPorts & LogPorts;

/** Stores log lines and updates the deployment, so that it does not count as stuck. A repeated batch is stored once. */
export async function appendLogs(
  ports: Ports,
  { deploymentId, body }: { deploymentId: string; body: { seq: number; lines: readonly LogLine[] } },
): Promise<void> {
  const deployment = await ports.deployments.get(deploymentId);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${deploymentId}.`);
  await ports.logs.append({ deploymentId, type: 'build', seq: body.seq, lines: body.lines });
  await changeDeployment(ports, { id: deploymentId, plan: (seen) => (seen.completedAt ? null : {}) });
}

interface LogLine {
  readonly at: Date;
  readonly stage: string;
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly text: string;
}

/** A batch of lines; `seq` makes a repeated send harmless. */
export interface LogChunk {
  readonly deploymentId: string;
  readonly type: 'build' | 'deploy' | 'runtime';
  readonly seq: number;
  readonly lines: readonly LogLine[];
}

export interface LogStore {
  append(chunk: LogChunk): Promise<void>;
  read(deploymentId: string, page: PageRequest): Promise<Page<LogChunk>>;
  deleteOf(deploymentIds: readonly string[]): Promise<void>;
}

export interface LogPorts {
  readonly logs: LogStore;
}
