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

/**
 * Enforces how many deployments the project may have under way, and in an hour. An unclaimed deployment fails with the reason; a later
 * re-run revives it. Where runs queue, nothing fails: the Action asks again until it is its turn.
 */
export async function refuseTooMany(
  ports: Ports,
  { environment, deployment, run }: StartAttempt,
): Promise<void> {
  if (deployment?.run && sameRun(deployment.run, run)) return;
  const busy = await busyReason(ports, environment);
  if (busy !== null && limitsOf(environment).whenFull !== 'reject')
    throw new VitrineError('too_many_requests', `${busy} The run waits for its turn.`);
  const reason = busy === null ? await reasonAgainst(ports, environment) : `${busy} ${RERUN_LATER}`;
  if (reason === null) return;
  if (deployment && deployment.run === null && !DEPLOYMENT[deployment.status].settled) {
    const ending = { event: 'fail', endedBy: ENDED_BY.deployLimit, error: reason } as const;
    await failDeployment(ports, { environment, deployment, ...ending });
  }
  throw new VitrineError('unprocessable', reason);
}

const RERUN_LATER =
  'Re-run the workflow when one of them has ended, or raise the limit on the default branch.';

function limitsOf({ settings }: StoredEnvironment) {
  return (settings ?? defaultSettings()).limits;
}

/** Two runs that start at the same moment may both see the last free place. */
async function busyReason({ deployments }: Ports, environment: StoredEnvironment): Promise<string | null> {
  const { running, runningPerUser } = limitsOf(environment);
  const { projectId, pullRequest } = environment;
  if ((await deployments.countRunning(projectId, running)) >= running)
    return `This project already has ${counted(running)} under way, the most it may have ("limits.running").`;
  const author = pullRequest?.author.login;
  if (author === undefined || runningPerUser >= running) return null;
  const own = await deployments.countRunning(projectId, runningPerUser, author);
  if (own < runningPerUser) return null;
  return `The author of this pull request already has ${counted(runningPerUser)} under way in this project, the most that one person may have ("limits.running-per-user").`;
}

async function reasonAgainst(ports: Ports, environment: StoredEnvironment): Promise<string | null> {
  const { deploysPerHour: most } = limitsOf(environment);
  const since = new Date(ports.clock.now().getTime() - HOUR_MS);
  const starts = await ports.deployments.startsSince(environment.projectId, since, most);
  const first = starts.at(-1);
  if (!first || starts.length < most) return null;
  const again = showTime(new Date(first.getTime() + HOUR_MS)).slice(-5);
  return (
    `This project already had ${counted(most)} in the last hour, the most it may have. ` +
    `Re-run the workflow after ${again} UTC, or raise "limits.deploys-per-hour" on the default branch.`
  );
}

function counted(count: number): string {
  return count === 1 ? '1 deployment' : `${count} deployments`;
}
