import { DEPLOYMENT, type DeploymentEvent, nextDeployment } from '../shared/status/deployment.js';
import { S } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { changeDeployment } from './change.js';
import { settleStages } from './model.js';
import type { DeploymentPatch, DeploymentPorts, StoredDeployment } from './store.js';

type Ports = DeploymentPorts & Pick<Tools, 'clock'>;

export interface Settlement {
  readonly id: string;
  readonly event: Exclude<DeploymentEvent, 'start' | 'revive'>;
  readonly error: string | null;
  readonly logTail?: readonly string[];
  /** Only while it belongs to an earlier generation: it may have been revived since it was looked at. */
  readonly before?: number;
  /** Only while no run has taken it on. */
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/** Ends a deployment once; one that has ended already is left as it ended. */
export function settleDeployment(
  ports: Pick<Ports, 'deployments' | 'clock'>,
  { id, event, error, logTail, logsUrl, before, unclaimed }: Settlement,
): Promise<StoredDeployment> {
  const now = ports.clock.now();
  return changeDeployment(ports, {
    id,
    plan: (seen): DeploymentPatch | null => {
      if (before !== undefined && seen.generation >= before) return null;
      if (unclaimed && seen.run !== null) return null;
      const status = nextDeployment(seen.status, event);
      if (!status) return null;
      const open =
        DEPLOYMENT[status].text.tone === 'good' ? S.completed : event === 'fail' ? S.failed : S.cancelled;
      return {
        status,
        error,
        completedAt: now,
        stages: settleStages(seen.stages, { open, at: now, error }),
        ...(logTail ? { logTail } : {}),
        ...(logsUrl === undefined ? {} : { logsUrl }),
      };
    },
  });
}
