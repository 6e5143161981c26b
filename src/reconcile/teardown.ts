import type { ContainerPorts } from '../containers/container.js';
import { endDeployment } from '../deployments/change.js';
import { configurationOf, type ConfigurationPorts } from '../deployments/configuration.js';
import { runFor } from '../deployments/publish.js';
import { powerLease } from '../deployments/wake.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { type Change, changeEnvironment } from '../environments/change.js';
import { cleanupSince, type Resource } from '../environments/model.js';
import type { Claim, EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { underLease } from '../shared/lease.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { ENDED_BY, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { Run, Target, TargetPorts } from '../targets/target.js';
import { removeScreenshots } from '../screenshots/remove.js';
import type { ScreenshotPorts } from '../screenshots/screenshot.js';
import { forgetArtifact } from '../uploads/forget.js';
import type { ArtifactPorts, BlobPorts, OtherBlobPorts } from '../uploads/store.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ArtifactPorts &
  BlobPorts &
  OtherBlobPorts &
  ScreenshotPorts &
  TargetPorts &
  ContainerPorts &
  ConfigurationPorts &
  LeasePorts &
  Pick<Tools, 'clock' | 'log' | 'newId'>;

/** Removes doomed resources, then marks the environment destroyed. Throws while a target cannot remove one, to be tried again. */
export async function reconcileTeardown(ports: Ports, { environment }: Claim): Promise<void> {
  if (environment.status === ENVIRONMENT_STATUS.destroying) await cancelOpenDeployments(ports, environment);
  for (const resource of environment.resources.filter(({ doomed }) => doomed)) {
    await removeResource(ports, { environment, resource });
  }
  if (environment.status === ENVIRONMENT_STATUS.destroying)
    await removeScreenshots(ports, { environmentId: environment.id, keep: 0 });
  const now = ports.clock.now();
  const waits = (one: Resource) => mustAwaitRun(ports, one);
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.resources.some(waits)) return awaitRuns(seen, { waits, since: now });
      if (seen.status !== ENVIRONMENT_STATUS.destroying || !seen.resources.every(isAbandoned)) return null;
      const status = nextEnvironment(seen.status, 'gone') ?? seen.status;
      return { patch: { status, current: null, error: null, destroyedAt: now }, due: ['report'] };
    },
  });
}

/** Only a workflow run can remove what one made, and it does not wait for one yet. */
function mustAwaitRun({ targets }: Pick<Ports, 'targets'>, { doomed, target, cleanup }: Resource): boolean {
  return doomed && cleanup === undefined && targets.get(target)?.runsIn === 'ci';
}

interface Awaiting {
  readonly waits: (resource: Resource) => boolean;
  readonly since: Date;
}

function awaitRuns({ resources }: StoredEnvironment, { waits, since }: Awaiting): Change {
  const marked = resources.map((one) => (waits(one) ? { ...one, cleanup: cleanupSince(since) } : one));
  return { patch: { resources: marked }, due: ['report'] };
}

function isAbandoned({ cleanup }: Resource): boolean {
  return cleanup !== undefined && cleanup.abandonedAt !== null;
}

async function cancelOpenDeployments(ports: Ports, environment: StoredEnvironment): Promise<void> {
  for (const { id } of await ports.deployments.unsettledOf(environment.id)) {
    const error = environment.decision?.detail ?? 'The preview was removed.';
    const ending = { event: 'cancel', endedBy: ENDED_BY.previewRemoved, error } as const;
    await endDeployment(ports, { id, ...ending, before: environment.generation });
  }
}

async function removeResource(
  ports: Ports,
  { environment, resource }: { environment: StoredEnvironment; resource: Resource },
): Promise<void> {
  const target = ports.targets.get(resource.target);
  if (!target)
    throw new Error(`Target "${resource.target}" is not configured: its resources cannot be removed.`);
  if (target.runsIn === 'ci') return;
  const troubles: string[] = [];
  const onTrouble = (problem: string) => void troubles.push(problem);
  await withoutWaking(ports, { environment, target }, () =>
    destroy(ports, { environment, resource, target, onTrouble }),
  );
  await ports.containers.deleteOf(resource.deploymentId);
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => ({
      patch: {
        resources: seen.resources.filter(({ deploymentId }) => deploymentId !== resource.deploymentId),
        ...(troubles.length > 0 && { hookFailure: troubles.join(' ') }),
      },
      due: [],
    }),
  });
  if (resource.artifactRoot !== null) {
    await forgetArtifact(ports, { projectId: environment.projectId, root: resource.artifactRoot });
  }
}

interface Removing {
  readonly environment: StoredEnvironment;
  readonly resource: Resource;
  readonly target: Target<unknown, unknown>;
  readonly onTrouble: NonNullable<Run['onTrouble']>;
}

async function destroy(ports: Ports, { environment, resource, target, onTrouble }: Removing): Promise<void> {
  // Without a handle the server crashed before it stored one. The sweep finds the resource by its label.
  if (resource.handle !== null) {
    const configuration = await configurationOf(ports, environment).catch((error: unknown) => {
      // What costs must go, also when a secret cannot be read any more.
      ports.log('warn', 'a preview is removed without its variables', {
        environment: environment.slug,
        error,
      });
      return null;
    });
    const run = runFor(ports, { target, configuration, about: resource.deploymentId });
    const environmentEnds = environment.status === ENVIRONMENT_STATUS.destroying;
    await target.destroy(resource.handle, { ...run, onTrouble }, { environmentEnds });
  }
}

/** What is woken at this moment would start again after its removal. Throws while it is, and the removal is tried again. */
async function withoutWaking(
  ports: Ports,
  { environment, target }: Pick<Removing, 'environment' | 'target'>,
  work: () => Promise<void>,
): Promise<void> {
  if (target.capabilities.sleep === null) return work();
  const done = await underLease(ports, powerLease(environment), () => work().then(() => true));
  if (!done) throw new Error('Its program is being stopped or started at this moment.');
}
