import { changeEnvironment } from '../environments/change.js';
import { isActive, isAdmitted } from '../environments/model.js';
import { supersession } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import type { Cause } from '../shared/cause/cause.js';
import type { RunRef } from '../shared/run-ref.js';
import { DEPLOYMENT, type DeploymentEvent, nextDeployment } from '../shared/status/deployment.js';
import { type EndedBy, STAGE_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { deploymentOfHead, closeStages, waitingAgain } from './model.js';
import { withEnding } from './statistics.js';
import type { DeploymentPatch, DeploymentPorts, StoredDeployment } from './store.js';

type Ports = DeploymentPorts & EnvironmentPorts & Pick<Tools, 'clock' | 'newId'>;

const TRIES = 20;

interface DeploymentChange {
  readonly id: string;
  readonly plan: (seen: StoredDeployment) => DeploymentPatch | null;
  /** As it was read just now: it is read again only if another writer was first. */
  readonly just?: StoredDeployment;
}

/** Reads, plans and writes by compare-and-set; starts over when another writer was first. `plan` answers null when there is nothing to change. */
export async function changeDeployment(
  ports: Pick<Ports, 'deployments'>,
  { id, plan, just }: DeploymentChange,
): Promise<StoredDeployment> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const seen = (attempt === 0 && just) || (await ports.deployments.get(id));
    if (!seen) throw new VitrineError('not_found', `There is no deployment ${id}.`);
    const patch = plan(seen);
    if (!patch) return seen;
    const written = await ports.deployments.change(seen, withEnding(seen, patch));
    if (written) return written;
  }
  throw new VitrineError('unavailable', `Deployment ${id} changes faster than it can be written: try again.`);
}

interface Ending {
  readonly event: Exclude<DeploymentEvent, 'start' | 'revive'>;
  readonly endedBy: EndedBy;
  readonly error: string | null;
  readonly logTail?: readonly string[];
  readonly cause?: Cause | null;
  /** Only while it belongs to an earlier generation: it may have been revived since it was read. */
  readonly before?: number;
  /** Only while no run has claimed it. */
  readonly unclaimed?: true;
  readonly logsUrl?: string;
}

/** Ends a deployment once; one that has ended already is left as it ended. */
export function endDeployment(
  ports: Pick<Ports, 'deployments' | 'clock'>,
  { id, ...ending }: Ending & { readonly id: string },
): Promise<StoredDeployment> {
  return changeDeployment(ports, { id, plan: endingAt(ports.clock.now(), ending) });
}

/** The plan that ends a deployment, or changes nothing when it has ended or the conditions do not hold. */
function endingAt(at: Date, ending: Ending) {
  const { event, endedBy, error, logTail, cause, logsUrl, before, unclaimed } = ending;
  return (seen: StoredDeployment): DeploymentPatch | null => {
    if (before !== undefined && seen.generation >= before) return null;
    if (unclaimed && seen.run !== null) return null;
    const status = nextDeployment(seen.status, event);
    if (!status) return null;
    const open =
      DEPLOYMENT[status].text.tone === 'good'
        ? STAGE_STATUS.completed
        : event === 'fail'
          ? STAGE_STATUS.failed
          : STAGE_STATUS.cancelled;
    return {
      status,
      endedBy,
      error,
      completedAt: at,
      stages: closeStages(seen.stages, { open, at, error }),
      ...(logTail ? { logTail } : {}),
      ...(cause ? { cause } : {}),
      ...(logsUrl === undefined ? {} : { logsUrl }),
    };
  };
}

/** The generation of the first head: no deployment can be older. */
const FIRST = 1;

type Needs = Pick<Ports, 'environments' | 'deployments' | 'clock' | 'newId'>;

/**
 * Creates the deployment document that the environment's head names, and supersedes all older deployments. Every caller repeats this,
 * so it also repairs a crash between the two writes.
 */
export async function ensureHeadDeployment(
  ports: Needs,
  {
    environment,
    run,
    isNew = false,
  }: { environment: StoredEnvironment; run: RunRef | null; isNew?: boolean },
): Promise<StoredDeployment | null> {
  const { head } = environment;
  if (!head || !isActive(environment) || environment.decision?.action !== 'deploy') return null;
  const fresh = { ...deploymentOfHead(environment, head), run };
  const deployment = await ports.deployments.ensure(fresh, { isNew });
  if (deployment.generation < environment.generation)
    return reviveHeadDeployment(ports, { environment, deployment });
  await supersedeOlder(ports, environment);
  return deployment;
}

interface Reopened {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

/** For an environment reopened at the same commit: reopens the unclaimed deployment, or creates a new one if a run had claimed it. */
async function reviveHeadDeployment(
  ports: Needs,
  { environment, deployment }: Reopened,
): Promise<StoredDeployment | null> {
  if (deployment.run !== null) {
    const moved = await changeEnvironment(ports, {
      id: environment.id,
      plan: (seen) => {
        if (seen.head?.deploymentId !== deployment.id) return null;
        return { patch: { head: { ...seen.head, deploymentId: ports.newId() } }, due: ['report'] };
      },
    });
    return ensureHeadDeployment(ports, { environment: moved, run: null });
  }
  const { generation } = environment;
  return changeDeployment(ports, {
    id: deployment.id,
    plan: (seen) => {
      const status = nextDeployment(seen.status, 'revive');
      return status && seen.generation < generation ? { ...waitingAgain(), generation, status } : null;
    },
  });
}

interface Withdrawal {
  readonly before: StoredEnvironment;
  /** As it was saved: no longer admitted. */
  readonly after: StoredEnvironment;
}

/**
 * Supersedes the deployments of an environment that is no longer admitted. The handler that admitted it may not have stored its
 * deployment yet. So it is stored here first: otherwise it would come later and wait for a run.
 */
export async function supersedeWithdrawn(ports: Needs, { before, after }: Withdrawal): Promise<void> {
  if (before.head && isAdmitted(before))
    await ports.deployments.ensure(deploymentOfHead(before, before.head));
  await supersedeOlder(ports, after);
}

async function supersedeOlder(ports: Needs, environment: StoredEnvironment): Promise<void> {
  const { id: environmentId, generation: before } = environment;
  if (before <= FIRST) return;
  const open = await ports.deployments.unsettledOf(environmentId);
  for (const just of open.filter(({ generation }) => generation < before)) {
    const ending = { event: 'supersede', ...supersession(environment, just), before } as const;
    await changeDeployment(ports, { id: just.id, plan: endingAt(ports.clock.now(), ending), just });
  }
}
