import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { defaultSettings } from '../settings/settings.js';
import { VitrineError } from '../shared/errors.js';
import { sameRun, type RunRef } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { showTime } from '../shared/time.js';
import type { Tools } from '../shared/tools.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

const HOUR_MS = 60 * 60_000;

interface Asked {
  readonly environment: StoredEnvironment;
  /** That of its head, if it is there already. */
  readonly deployment: StoredDeployment | null;
  readonly run: RunRef;
}

/** A project has so many deployments an hour. What no run has taken on yet ends with the reason; a re-run in time brings it back. */
export async function refuseTooMany(ports: Ports, { environment, deployment, run }: Asked): Promise<void> {
  if (deployment?.run && sameRun(deployment.run, run)) return;
  const reason = await reasonAgainst(ports, environment);
  if (reason === null) return;
  if (deployment && deployment.run === null && !DEPLOYMENT[deployment.status].settled) {
    await failDeployment(ports, { environment, deployment, event: 'fail', error: reason });
  }
  throw new VitrineError('unprocessable', reason);
}

async function reasonAgainst(ports: Ports, environment: StoredEnvironment): Promise<string | null> {
  const { deploysPerHour: most } = (environment.settings ?? defaultSettings()).limits;
  const since = new Date(ports.clock.now().getTime() - HOUR_MS);
  const starts = await ports.deployments.startsSince(environment.projectId, since, most);
  const first = starts.at(-1);
  if (!first || starts.length < most) return null;
  const again = showTime(new Date(first.getTime() + HOUR_MS)).slice(-5);
  return (
    `This project already had ${deployments(most)} in the last hour, the most it may have. ` +
    `Re-run the workflow after ${again} UTC, or raise "limits.deploys-per-hour" on the default branch.`
  );
}

function deployments(count: number): string {
  return count === 1 ? '1 deployment' : `${count} deployments`;
}
