import { changeEnvironment } from '../environments/change.js';
import { expiresAt } from '../environments/expire.js';
import { BY_SERVER, type NewStep, SERVER_ACTOR } from '../environments/history.js';
import { abandoned, type Environment, isHeadDeployment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Cause } from '../shared/cause/cause.js';
import { VitrineError } from '../shared/errors.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENDED_BY, type EndedBy } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { endDeployment } from './change.js';
import { notMadeLive } from './fence.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

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
      const replaced = seen.resources.some(({ replacedBy }) => replacedBy === id);
      return {
        patch: {
          status,
          current: { deploymentId: id, sha, url, reach, at: now, configuration },
          health: null,
          ...(replaced ? { resources: withoutReplaced(seen, id) } : {}),
          error: null,
          deployedAt: now,
          expiresAt: seen.settings ? expiresAt({ ttl: seen.settings.limits.ttl, lastActivity: now }) : null,
        },
        due: replaced ? ['report', 'teardown'] : ['report'],
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

/** What it takes the place of must go now that it is live. */
function withoutReplaced({ resources }: Environment, id: string): Environment['resources'] {
  return resources.map((one) => (one.replacedBy === id ? { ...one, doomed: true } : one));
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
      const step = stepOfRun(deployment, { action: event, rule: ending.endedBy, detail: error });
      return status ? { patch: { status, error }, due: [], step } : null;
    },
  });
  await endDeployment(ports, {
    id: deployment.id,
    ...(isLive(written, deployment) ? SUCCESS : ending),
  });
  await ports.environments.markDue(environment.id, 'report');
}

/** A concurrent request may have made the deployment live before the failure was written. */
function isLive({ current }: Environment, { id }: StoredDeployment): boolean {
  return current?.deploymentId === id;
}
