import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import type { Cause } from '../shared/cause/cause.js';
import { healthOf } from '../shared/health.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Stage } from '../shared/status/stages.js';
import { DEPLOYMENT_STATUS, type DeploymentStatus, ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { changeDeployment } from './change.js';
import { environmentOf, refuseLate } from './fence.js';
import { failDeployment, finishDeployment } from './finish.js';
import { mergeStages } from './model.js';
import type { DeploymentPatch, DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<TargetPorts, 'targets'> & Pick<Tools, 'clock'>;

interface Progress {
  readonly generation: number;
  readonly stages?: readonly Stage[] | undefined;
  /** Where the workflow deployed to by itself. */
  readonly url?: string | undefined;
  /** The path that the run checked there. */
  readonly healthPath?: string | undefined;
  readonly healthTimeoutMs?: number | undefined;
  readonly healthStatus?: string | undefined;
  readonly outcome?: Outcome | undefined;
}

interface Outcome {
  readonly status: DeploymentStatus;
  readonly error: string | null;
  readonly logTail: readonly string[];
  readonly cause?: Cause | null | undefined;
}

export interface Recorded {
  readonly deployment: StoredDeployment;
  readonly environment: StoredEnvironment;
  /** True when this deployment is what the environment's URL shows now. */
  readonly live: boolean;
}

/** Stores the stages and the outcome that a run reports. A repeated report is harmless; a late one is refused with the reason. */
export async function recordProgress(
  ports: Ports,
  { deploymentId, body }: { deploymentId: string; body: Progress },
): Promise<Recorded> {
  const deployment = await saveStages(ports, { deploymentId, body });
  const environment = await environmentOf(ports, deployment);
  if (body.outcome && !isRepeat(deployment, body.outcome)) {
    await refuseLate(ports, { environment, deployment });
    return saveOutcome(ports, { environment, deployment, outcome: body.outcome });
  }
  if (!body.outcome) await refuseLate(ports, { environment, deployment });
  await ports.environments.markDue(environment.id, 'report');
  return answer(ports, deployment.id);
}

async function saveStages(
  ports: Ports,
  { deploymentId, body }: { deploymentId: string; body: Progress },
): Promise<StoredDeployment> {
  return changeDeployment(ports, {
    id: deploymentId,
    plan: (seen) => {
      if (DEPLOYMENT[seen.status].settled) return null;
      return {
        ...(body.stages ? { stages: mergeStages(seen.stages, body.stages) } : {}),
        ...linkTo(seen, body),
      };
    },
  });
}

type Link = Pick<Progress, 'url' | 'healthPath' | 'healthTimeoutMs' | 'healthStatus'>;

/** A URL of the workflow's own counts for a deployment that no target has made. */
export function linkTo(
  { reach }: Pick<StoredDeployment, 'reach'>,
  { url, healthPath, healthTimeoutMs, healthStatus }: Link,
): DeploymentPatch {
  if (url === undefined || reach !== null) return {};
  const check =
    healthPath === undefined ? { healthPath: null } : healthOf({ healthPath, healthTimeoutMs, healthStatus });
  return { url, reach: { kind: 'elsewhere', url, ...check, removable: false } };
}

function isRepeat(deployment: StoredDeployment, outcome: Outcome): boolean {
  return DEPLOYMENT[deployment.status].settled && deployment.status === outcome.status;
}

async function saveOutcome(
  ports: Ports,
  {
    environment,
    deployment,
    outcome,
  }: { environment: StoredEnvironment; deployment: StoredDeployment; outcome: Outcome },
): Promise<Recorded> {
  if (outcome.status === DEPLOYMENT_STATUS.success) {
    await finishDeployment(ports, { environment, deployment });
    return stillLive(ports, deployment.id);
  }
  const event = outcome.status === DEPLOYMENT_STATUS.cancelled ? 'cancel' : 'fail';
  const error =
    outcome.error ?? (event === 'cancel' ? 'The workflow run was cancelled.' : 'The build failed.');
  const endedBy = ENDED_BY.runReport;
  const { logTail, cause = null } = outcome;
  await failDeployment(ports, { environment, deployment, event, endedBy, error, logTail, cause });
  return answer(ports, deployment.id);
}

/** Throws when the deployment was superseded or removed right after it went live. */
async function stillLive(ports: Ports, id: string): Promise<Recorded> {
  const recorded = await answer(ports, id);
  if (!recorded.live) await refuseLate(ports, recorded);
  return recorded;
}

async function answer(ports: Ports, id: string): Promise<Recorded> {
  const deployment = await ports.deployments.get(id);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${id}.`);
  const environment = await environmentOf(ports, deployment);
  return { deployment, environment, live: environment.current?.deploymentId === deployment.id };
}
