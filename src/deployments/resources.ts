import { changeEnvironment } from '../environments/change.js';
import { type Environment, isHeadDeployment, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { type HealthCheck, healthOf } from '../shared/health.js';
import type { Reach } from '../shared/reach.js';
import type { Tools } from '../shared/tools.js';
import type { ServerTarget, TargetPorts } from '../targets/target.js';
import { changeDeployment } from './change.js';
import { environmentOf, notMadeLive, refuseLate } from './fence.js';
import { placeOf } from './leaks.js';
import { newResource } from './publish.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & TargetPorts & Pick<Tools, 'clock'>;

/** After this long without news, the run that removed something is taken for dead. */
export const REMOVING_MS = 20 * 60_000;

/** The run will check it. */
export interface MadeInCi extends HealthCheck {
  readonly url: string | null;
  /** The target's own JSON, with the slug and the generation. */
  readonly handle: unknown;
}

/**
 * A workflow run is about to deploy. The resource is stored before it is made, so that something asks for its removal even when the run
 * dies. Resolves to the handle of the newest earlier resource, for the run to update it. While another run removes one, this one has to
 * wait: with one name for both, the removal would take the new deployment with it.
 */
export async function announceResource(
  ports: Ports,
  { deploymentId }: { readonly deploymentId: string },
): Promise<unknown> {
  const { deployment, environment } = await openDeployment(ports, deploymentId);
  await refuseLate(ports, { environment, deployment });
  const target = ciTargetOf(ports, deployment);
  const now = ports.clock.now();
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment)) throw notMadeLive(seen, deployment);
      if (seen.resources.some((one) => isBeingRemoved(one, now))) throw busy();
      if (seen.resources.some((one) => one.deploymentId === deployment.id)) return null;
      const made = newResource(deployment, { target: target.name, artifactRoot: null });
      return { patch: { resources: [...seen.resources, made] }, due: [] };
    },
  });
  return previousOf(written, { deployment, target });
}

export function isBeingRemoved({ cleanup }: Resource, now: Date): boolean {
  const startedAt = cleanup?.startedAt;
  return startedAt ? now.getTime() - startedAt.getTime() < REMOVING_MS : false;
}

function busy(): VitrineError {
  return new VitrineError(
    'unavailable',
    'Another workflow run removes the earlier deployment of this preview: waiting for its end.',
  );
}

function previousOf({ resources }: Environment, { deployment, target }: Own): unknown {
  const others = resources.filter((one) => isOther(one, { deployment, target }) && one.handle !== null);
  return (
    others.reduce<Resource | null>(
      (newest, one) => (newest === null || one.generation > newest.generation ? one : newest),
      null,
    )?.handle ?? null
  );
}

interface Own {
  readonly deployment: StoredDeployment;
  readonly target: ServerTarget<unknown, unknown>;
}

function isOther({ deploymentId, target: name }: Resource, { deployment, target }: Own): boolean {
  return name === target.name && deploymentId !== deployment.id;
}

/**
 * A workflow run has deployed. An earlier resource with the same identity is the same one: it is not removed. Another one is removed once
 * this deployment is live. When this deployment was superseded meanwhile, what it made is marked for removal, and the run is told so.
 */
export async function recordResource(
  ports: Ports,
  { deploymentId, made }: { readonly deploymentId: string; readonly made: MadeInCi },
): Promise<void> {
  const { deployment, environment } = await openDeployment(ports, deploymentId);
  const own = { deployment, target: ciTargetOf(ports, deployment) };
  refuseForeign(environment, { deployment, made });
  const reach = reachOf(made);
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const late = !isHeadDeployment(seen, deployment);
      const resource = {
        ...(seen.resources.find((one) => one.deploymentId === deployment.id) ??
          newResource(deployment, { target: own.target.name, artifactRoot: null })),
        handle: made.handle,
        reach,
      };
      const resources = late ? besideNewer(seen, { own, resource }) : inPlaceOfOlder(seen, { own, resource });
      return { patch: { resources }, due: late ? ['teardown'] : [] };
    },
  });
  if (isHeadDeployment(written, deployment) && made.url !== null)
    await changeDeployment(ports, { id: deployment.id, plan: () => ({ url: made.url, reach }) });
  await refuseLate(ports, { environment: written, deployment });
}

interface Recorded {
  readonly own: Own;
  readonly resource: Resource;
}

function inPlaceOfOlder({ resources }: Environment, { own, resource }: Recorded): Resource[] {
  const identity = own.target.identityOf(resource.handle);
  const kept = resources
    .filter((one) => one.deploymentId !== resource.deploymentId)
    .filter((one) => !isOther(one, own) || isAnother(own, { one, identity }))
    .map((one) => (isOther(one, own) && !one.doomed ? { ...one, replacedBy: resource.deploymentId } : one));
  return [...kept, resource];
}

/** An attempt that never said what it made is taken for the same resource. */
function isAnother({ target }: Own, { one, identity }: { one: Resource; identity: string }): boolean {
  return one.handle !== null && target.identityOf(one.handle) !== identity;
}

/** It came late: what a newer deployment holds already must not be removed for it. */
function besideNewer({ resources }: Environment, { own, resource }: Recorded): Resource[] {
  const identity = own.target.identityOf(resource.handle);
  const others = resources.filter((one) => one.deploymentId !== resource.deploymentId);
  const isHeld = others.some(
    (one) => isOther(one, own) && !one.doomed && one.handle !== null && !isAnother(own, { one, identity }),
  );
  return isHeld ? others : [...others, { ...resource, doomed: true }];
}

function reachOf({ url, ...made }: MadeInCi): Reach | null {
  return url === null ? null : { kind: 'elsewhere', url, ...healthOf(made), removable: true };
}

/** The run made nothing: nothing has to be removed for it. */
export async function withdrawResource(
  ports: Ports,
  { deploymentId }: { readonly deploymentId: string },
): Promise<void> {
  const { environment } = await openDeployment(ports, deploymentId);
  await changeEnvironment(ports, {
    id: environment.id,
    plan: ({ resources }) => {
      const kept = resources.filter((one) => one.deploymentId !== deploymentId || one.handle !== null);
      return kept.length === resources.length ? null : { patch: { resources: kept }, due: ['teardown'] };
    },
  });
}

async function openDeployment(
  ports: Ports,
  id: string,
): Promise<{ deployment: StoredDeployment; environment: StoredEnvironment }> {
  const deployment = await ports.deployments.get(id);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${id}.`);
  return { deployment, environment: await environmentOf(ports, deployment) };
}

function ciTargetOf(ports: Ports, deployment: StoredDeployment): ServerTarget<unknown, unknown> {
  const name = deployment.target ?? ports.defaultTarget;
  const target = ports.targets.get(name);
  if (target?.runsIn === 'ci') return target;
  throw new VitrineError('unprocessable', `The target "${name}" is not one that a workflow run deploys to.`);
}

/** The sweep finds what belongs to which environment by slug and generation, so a run may only name its own. */
function refuseForeign(
  { slug }: Environment,
  { deployment, made }: { deployment: StoredDeployment; made: MadeInCi },
): void {
  const place = placeOf(made.handle);
  if (place?.slug === slug && place.generation === deployment.generation) return;
  throw new VitrineError('bad_request', 'The handle is not one of this deployment.');
}
