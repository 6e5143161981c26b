import { changeEnvironment } from '../environments/change.js';
import { expiresAt } from '../environments/expire.js';
import { BY_SERVER, type NewStep, SERVER_ACTOR } from '../environments/history.js';
import { abandoned, type Environment, isHeadDeployment, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Cause } from '../shared/cause/cause.js';
import { VitrineError } from '../shared/errors.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { endDeployment } from './change.js';
import { notMadeLive } from './fence.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<TargetPorts, 'targets'> & Pick<Tools, 'clock'>;

/**
 * Makes a deployment live by one write of the environment, so that visitors never see a mix of two versions. After a crash before the
 * second write, a repeated report of the run or the stuck reconciler ends the deployment.
 */
export async function finishDeployment(
  ports: Ports,
  { environment, deployment }: { environment: StoredEnvironment; deployment: StoredDeployment },
): Promise<void> {
  const { reach } = deployment;
  // What 0.2 published has no URL of its own.
  const url = deployment.url ?? environment.url;
  if (reach === null) {
    throw new VitrineError(
      'unprocessable',
      'Nothing was deployed: upload the build, or give the input "url" or "deploy-command".',
    );
  }
  const now = ports.clock.now();
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.current?.deploymentId === deployment.id) return null;
      const status = nextEnvironment(seen.status, 'succeed');
      if (!status || !isHeadDeployment(seen, deployment)) {
        throw notMadeLive(seen, deployment);
      }
      const { id, sha, configuration = null } = deployment;
      const leaving = withoutEarlier(ports, { environment: seen, id });
      return {
        patch: {
          status,
          current: { deploymentId: id, sha, url, reach, at: now, configuration },
          health: null,
          asleep: null,
          ...(leaving && { resources: leaving }),
          error: null,
          deployedAt: now,
          expiresAt: seen.settings ? expiresAt({ ttl: seen.settings.limits.ttl, lastActivity: now }) : null,
        },
        due: ['report', 'screenshot', ...(leaving ? (['teardown'] as const) : [])],
        step: stepOfRun(deployment, { action: 'show', rule: ENDED_BY.runReport, detail: LIVE }),
      };
    },
  });
  await endDeployment(ports, { id: deployment.id, ...SUCCESS });
  await ports.environments.markDue(environment.id, 'report');
}

const LIVE = 'The deployment passed its health check: visitors see it now.';

/** A deployment that no run had taken on is ended by the server. */
function stepOfRun({ run }: StoredDeployment, what: Pick<NewStep, 'action' | 'rule' | 'detail'>): NewStep {
  if (run === null) return { ...what, actor: SERVER_ACTOR, source: BY_SERVER };
  return { ...what, actor: 'GitHub Actions', source: { kind: 'run', id: run.id } };
}

/** What it takes the place of must go now that it is live. Null when nothing has to. */
function withoutEarlier(
  { targets }: Pick<Ports, 'targets'>,
  { environment: { resources }, id }: { readonly environment: Environment; readonly id: string },
): Environment['resources'] | null {
  const goes = ({ replacedBy, deploymentId, target, doomed }: Resource): boolean =>
    replacedBy === id || (deploymentId !== id && !doomed && targets.get(target)?.earlier === 'removed');
  if (!resources.some(goes)) return null;
  return resources.map((one) => (goes(one) ? { ...one, doomed: true } : one));
}

const SUCCESS = { event: 'succeed', endedBy: ENDED_BY.runReport, error: null } as const;

interface Failure {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
  readonly event: 'fail' | 'cancel';
  readonly endedBy: EndedBy;
  readonly error: string;
  readonly logTail?: readonly string[];
  readonly cause?: Cause | null;
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/**
 * Ends a deployment that failed or was cancelled. The previous deployment stays live. The environment is written first: after a crash
 * the deployment is still open, and a repeated report of the run or the stuck reconciler ends it.
 */
export async function failDeployment(ports: Ports, failure: Failure): Promise<void> {
  const { environment, deployment, ...ending } = failure;
  const { event, cause } = ending;
  const error = cause?.line ?? ending.error;
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment) || isLive(seen, deployment)) return null;
      const status = event === 'fail' ? nextEnvironment(seen.status, 'fail') : abandoned(seen);
      if (!status) return null;
      const step = stepOfRun(deployment, { action: event, rule: ending.endedBy, detail: error });
      const resources = withoutStarted(ports, { environment: seen, id: deployment.id });
      const due = resources ? (['teardown'] as const) : [];
      return { patch: { status, error, ...(resources && { resources }) }, due, step };
    },
  });
  await endDeployment(ports, {
    id: deployment.id,
    ...(isLive(written, deployment) ? SUCCESS : ending),
  });
  await ports.environments.markDue(environment.id, 'report');
}

/** A program that never went live only costs memory. Null when there is none. */
function withoutStarted(
  { targets }: Pick<Ports, 'targets'>,
  { environment: { resources }, id }: { readonly environment: Environment; readonly id: string },
): Environment['resources'] | null {
  const goes = ({ deploymentId, target, doomed }: Resource): boolean =>
    deploymentId === id && !doomed && targets.get(target)?.earlier === 'removed';
  return resources.some(goes) ? resources.map((one) => (goes(one) ? { ...one, doomed: true } : one)) : null;
}

/** A concurrent request may have made the deployment live before the failure was written. */
function isLive({ current }: Environment, { id }: StoredDeployment): boolean {
  return current?.deploymentId === id;
}
