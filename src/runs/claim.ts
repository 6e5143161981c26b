import { changeDeployment, ensureHeadDeployment } from '../deployments/change.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { renewedExpiry } from '../environments/expire.js';
import type { NewStep } from '../environments/history.js';
import { isActive } from '../environments/model.js';
import { supersededReason, removedReason } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import { nextDeployment } from '../shared/status/deployment.js';
import { nextEnvironment } from '../shared/status/environment.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { reviveUnclaimed } from './revive.js';

type Ports = EnvironmentPorts & DeploymentPorts & TargetPorts & Pick<Tools, 'clock' | 'newId'>;

export interface ClaimRequest {
  readonly sha: string;
  readonly run: RunRef;
  readonly target?: string | undefined;
  readonly logsUrl?: string | undefined;
  /** Whose action started the run; the App when its own check run says it. */
  readonly actor?: string | undefined;
  /** Of the variables and secrets that the run gets. */
  readonly configuration?: string | undefined;
}

export interface Claimed {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

/** Assigns the head's deployment to a run. A re-run gets a new deployment. */
export async function claimRun(
  ports: Ports,
  { environment, body }: { environment: StoredEnvironment; body: ClaimRequest },
): Promise<Claimed> {
  const known = await ensureHeadDeployment(ports, { environment, run: null });
  if (!known) throw gone(environment, body);
  const waiting = await reviveUnclaimed(ports, { environment, deployment: known });
  if (waiting.run && !sameRun(waiting.run, body.run))
    return claimAgain(ports, { environment, waiting, body });
  return begin(ports, { environment, deployment: waiting, body });
}

/** "Re-run" on GitHub: the same commit, a newer attempt. An older attempt is refused. */
async function claimAgain(
  ports: Ports,
  {
    environment,
    waiting,
    body,
  }: { environment: StoredEnvironment; waiting: StoredDeployment; body: ClaimRequest },
): Promise<Claimed> {
  refuseTaken({ run: body.run, from: waiting.run });
  const moved = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (!isActive(seen) || seen.head?.sha !== body.sha) throw gone(seen, body);
      if (seen.head.deploymentId !== waiting.id) return null;
      const at = ports.clock.now();
      const again = body.run.attempt > 1 ? ({ creator: 'manual' } as const) : {};
      const by = body.actor === undefined ? {} : { triggeredBy: body.actor };
      const head = { ...seen.head, deploymentId: ports.newId(), at, ...again, ...by };
      const expiresAt = renewedExpiry(seen, at);
      const step = stepOfRun(body, { action: 'deploy', rule: 'run-again', detail: AGAIN });
      return { patch: { head, expiresAt, generation: seen.generation + 1 }, due: ['report'], step };
    },
  });
  return claimRun(ports, { environment: moved, body });
}

async function begin(
  ports: Ports,
  {
    environment,
    deployment,
    body,
  }: { environment: StoredEnvironment; deployment: StoredDeployment; body: ClaimRequest },
): Promise<Claimed> {
  const begun = await changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      if (seen.run && !sameRun(seen.run, body.run)) throw taken(seen.run);
      if (seen.run) return null;
      const status = nextDeployment(seen.status, 'start');
      if (!status) throw gone(environment, body);
      const target = body.target ?? environment.settings?.target?.name ?? ports.defaultTarget;
      // The message is read when a run starts, and the deployment is older.
      const commitMessage = seen.commitMessage ?? environment.pullRequest?.commitMessage ?? null;
      const committedAt = seen.committedAt ?? environment.pullRequest?.committedAt ?? null;
      const redeploy = environment.head?.redeploy;
      const asked = redeploy ? ({ creator: 'manual', triggeredBy: redeploy.by } as const) : {};
      const { logsUrl = null, configuration = null } = body;
      const known = { target, commitMessage, committedAt, logsUrl, configuration, ...asked };
      return { run: body.run, status, ...known, startedAt: ports.clock.now() };
    },
  });
  const shown = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const status = nextEnvironment(seen.status, 'start');
      if (!status || seen.head?.deploymentId !== begun.id) throw gone(seen, body);
      const { redeploy, ...head } = seen.head;
      const answers = redeploy !== undefined && begun.creator === 'manual';
      if (!answers && (seen.status === status || begun.completedAt)) return null;
      const patch = { ...(answers && { head }), ...(begun.completedAt === null && { status }) };
      const step = stepOfRun(body, { action: 'start', rule: 'run-started', detail: startedBy(body) });
      return { patch, due: ['report'], step };
    },
  });
  return { environment: shown, deployment: begun };
}

const AGAIN = 'Another run of this commit takes over, so it gets a new deployment.';

function startedBy({ run: { id, attempt, job } }: ClaimRequest): string {
  return `Workflow run ${id} (attempt ${attempt}, job ${job}) began to build it.`;
}

function stepOfRun(
  { run, actor = 'GitHub Actions' }: ClaimRequest,
  what: Pick<NewStep, 'action' | 'rule' | 'detail'>,
): NewStep {
  return { ...what, actor, source: { kind: 'run', id: run.id } };
}

function gone(environment: StoredEnvironment, { sha }: ClaimRequest): VitrineError {
  return isActive(environment)
    ? new VitrineError('stale_head', `${supersededReason(environment, { sha })} This run was not taken on.`)
    : new VitrineError('environment_gone', removedReason(environment));
}

/** Only a newer run, or a newer attempt of the same one, may take a deployment from the run that has it. */
export function refuseTaken({ run, from }: { run: RunRef; from: RunRef | null }): void {
  if (from && !sameRun(from, run) && !isNewer(run, from)) throw taken(from);
}

/** Run ids grow, and can exceed the safe integers. */
function isNewer(run: RunRef, than: RunRef): boolean {
  const [a, b] = [BigInt(run.id), BigInt(than.id)];
  return a === b ? run.attempt > than.attempt : a > b;
}

function taken(run: RunRef): VitrineError {
  return new VitrineError(
    'conflict',
    `Run ${run.id} (attempt ${run.attempt}, job ${run.job}) deploys this commit already. ` +
      'One job a project: give each job its own "project", or remove one.',
  );
}
