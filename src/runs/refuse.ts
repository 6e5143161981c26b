import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { isActive } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { defaultSettings } from '../settings/settings.js';
import { type ErrorCode, isVitrineError, VitrineError } from '../shared/errors.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENDED_BY } from '../shared/status/words.js';
import { showTime } from '../shared/time.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { type ClaimRequest, claimRun } from './claim.js';

type Ports = EnvironmentPorts & DeploymentPorts & TargetPorts & Pick<Tools, 'clock' | 'newId'>;

/** A run that cannot do its work ends its deployment at once: the reason is for the check and the comment, not for the run's log alone. */
export async function refuseRun(
  ports: Ports,
  { environment, body, reason }: { environment: StoredEnvironment; body: ClaimRequest; reason: string },
): Promise<VitrineError> {
  const claimed = await claimRun(ports, { environment, body });
  if (!DEPLOYMENT[claimed.deployment.status].settled) {
    await failDeployment(ports, { ...claimed, event: 'fail', endedBy: ENDED_BY.refusal, error: reason });
  }
  return new VitrineError('unprocessable', reason);
}

const ASKED_WRONGLY: readonly ErrorCode[] = ['bad_request', 'not_found'];

/** The workflow asks for the wrong thing, and will ask for the same the next time. */
export function isAskedWrongly(error: unknown): error is VitrineError {
  return isVitrineError(error) && ASKED_WRONGLY.includes(error.code);
}

interface Misled {
  readonly repoId: number;
  readonly number: number;
  readonly sha: string;
  readonly error: VitrineError;
}

/** A run of which nobody can say which deployment it is for: those of its commit that still wait for one tell why it does not come. */
export async function refuseWaiting(ports: Ports, { repoId, number, sha, error }: Misled): Promise<void> {
  for (const environment of await ports.environments.ofPullRequest(repoId, number)) {
    const { head } = environment;
    if (!isActive(environment) || head?.sha !== sha) continue;
    const deployment = await ports.deployments.get(head.deploymentId);
    if (!deployment || deployment.run !== null || DEPLOYMENT[deployment.status].settled) continue;
    const ending = { event: 'fail', endedBy: ENDED_BY.refusal, error: error.message } as const;
    await failDeployment(ports, { environment, deployment, ...ending });
  }
}

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
    const ending = { event: 'fail', endedBy: ENDED_BY.deployLimit, error: reason } as const;
    await failDeployment(ports, { environment, deployment, ...ending });
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
