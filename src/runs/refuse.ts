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

/** Ends the deployment of a run that cannot deploy, so that the check and the comment show the reason too. */
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

const REQUEST_ERRORS: readonly ErrorCode[] = ['bad_request', 'not_found'];

/** The request of the workflow is wrong, so a retry would fail the same way. */
export function isRequestError(error: unknown): error is VitrineError {
  return isVitrineError(error) && REQUEST_ERRORS.includes(error.code);
}

interface RefusedRequest {
  readonly repoId: number;
  readonly number: number;
  readonly sha: string;
  readonly error: VitrineError;
}

/** The request does not identify one deployment: fails every unclaimed deployment of its commit with the reason. */
export async function refuseWaiting(
  ports: Ports,
  { repoId, number, sha, error }: RefusedRequest,
): Promise<void> {
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

interface StartAttempt {
  readonly environment: StoredEnvironment;
  /** The head's deployment, when it exists already. */
  readonly deployment: StoredDeployment | null;
  readonly run: RunRef;
}

/** Enforces the project's deployments per hour. An unclaimed deployment fails with the reason; a later re-run revives it. */
export async function refuseTooMany(
  ports: Ports,
  { environment, deployment, run }: StartAttempt,
): Promise<void> {
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
