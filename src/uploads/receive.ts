import type { PlanAnswer, UploadAnswer } from '../contract/uploads.js';
import { changeDeployment } from '../deployments/change.js';
import { environmentOf, refuseLate } from '../deployments/fence.js';
import { intendResource, publish, type PublishPorts } from '../deployments/publish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { isActive, isHeadDeployment, type Environment } from '../environments/model.js';
import { withUploadNotes } from '../environments/notes.js';
import type { EnvironmentPorts } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { type AddressPorts, commitLabel, previewUrl } from '../shared/preview-url.js';
import type { TargetPorts } from '../targets/target.js';
import { forgetArtifact } from './forget.js';
import { uploadLimits } from './limits.js';
import type {
  ArtifactPorts,
  BlobPorts,
  OtherBlobPorts,
  UploadOwner,
  UploadPorts,
  UploadState,
} from './store.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ArtifactPorts &
  BlobPorts &
  OtherBlobPorts &
  UploadPorts &
  TargetPorts &
  PublishPorts &
  AddressPorts;

/** The names of a build came in: answers which files are missing. */
export async function receivePlan(
  ports: Ports,
  { deploymentId, plan }: { deploymentId: string; plan: Uint8Array },
): Promise<{ answer: PlanAnswer & UploadAnswer }> {
  const deployment = await uploading(ports, deploymentId);
  const planned = await ports.uploads.plan(await ownerOf(ports, deployment), plan);
  await intendResource(ports, { deployment, artifactRoot: planned.root });
  const commitUrl = await whenComplete(ports, { deployment, state: planned });
  return { answer: { ...planned.answer, notes: [...planned.notes], commitUrl } };
}

/** Missing files came in, many at once. When nothing is missing any more the build is published, not yet live. */
export async function receivePack(
  ports: Ports,
  { deploymentId, pack }: { deploymentId: string; pack: AsyncIterable<Uint8Array> },
): Promise<{ answer: UploadAnswer }> {
  const deployment = await uploading(ports, deploymentId);
  const state = await takePack(ports, { deployment, pack });
  const commitUrl = await whenComplete(ports, { deployment, state });
  return { answer: { complete: state.completeRoot !== null, notes: [...state.notes], commitUrl } };
}

/** Files that come in while the preview is being removed must not outlive it. */
async function takePack(
  ports: Ports,
  { deployment, pack }: { deployment: StoredDeployment; pack: AsyncIterable<Uint8Array> },
): Promise<UploadState> {
  const { id: deploymentId, projectId } = deployment;
  const { resources, settings } = await environmentOf(ports, deployment);
  const root = resources.find((resource) => resource.deploymentId === deploymentId)?.artifactRoot;
  if (!root) throw unplanned();
  try {
    return await ports.uploads.pack({ deploymentId, projectId, limits: uploadLimits(settings), root }, pack);
  } finally {
    const environment = await environmentOf(ports, deployment);
    if (!isActive(environment)) await forgetArtifact(ports, { projectId, root });
    await uploading(ports, deploymentId);
  }
}

/** The code that makes the client plan once more. */
function unplanned(): VitrineError {
  return new VitrineError(
    'unprocessable',
    'The pack was refused: this deployment has not said yet what it uploads. Ask first what is missing.',
  );
}

async function ownerOf(ports: Ports, deployment: StoredDeployment): Promise<UploadOwner> {
  const { settings } = await environmentOf(ports, deployment);
  return { deploymentId: deployment.id, projectId: deployment.projectId, limits: uploadLimits(settings) };
}

async function uploading(ports: Ports, id: string): Promise<StoredDeployment> {
  const deployment = await ports.deployments.get(id);
  if (!deployment) throw new VitrineError('not_found', `There is no deployment ${id}.`);
  const environment = await environmentOf(ports, deployment);
  if (!isHeadDeployment(environment, deployment) || deployment.completedAt) {
    await refuseLate(ports, { environment, deployment });
  }
  return deployment;
}

interface Arrival {
  readonly deployment: StoredDeployment;
  readonly state: UploadState;
}

/** Publishes a whole build at the address of its commit, which it answers: there the run visits it before it goes live. */
async function whenComplete(ports: Ports, { deployment, state }: Arrival): Promise<string | null> {
  const { completeRoot: root, notes } = state;
  if (root === null) return null;
  const environment = await environmentOf(ports, deployment);
  const label = commitLabel({ sha: deployment.sha, label: environment.slug });
  const commitUrl = previewUrl({ label, base: ports.previewBase });
  if (isPublished(environment, { deployment, root })) return commitUrl;
  // The run asks for the start of a program by itself, because it takes longer than this request may.
  if (startsProgram(ports, deployment))
    await changeDeployment(ports, { id: deployment.id, plan: () => ({ artifactRoot: root }) });
  else await publish(ports, { deployment, root, image: null, compose: null, commitUrl });
  await note(ports, { environment, notes });
  return commitUrl;
}

function startsProgram({ targets, defaultTarget }: TargetPorts, { target }: StoredDeployment): boolean {
  return targets.get(target ?? defaultTarget)?.starts === true;
}

/** The artifact alone is not enough: a crash may have come between its name and its publication. */
function isPublished(
  { resources }: Environment,
  { deployment, root }: { deployment: StoredDeployment; root: string },
): boolean {
  const resource = resources.find(({ deploymentId }) => deploymentId === deployment.id);
  return deployment.artifactRoot === root && resource?.artifactRoot === root && resource.handle !== null;
}

async function note(
  ports: Ports,
  { environment, notes }: { environment: Environment; notes: readonly string[] },
): Promise<void> {
  // Seldom is there anything to say: then nothing is written.
  if (withUploadNotes(environment.notes, notes) === environment.notes) return;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => ({ patch: { notes: withUploadNotes(seen.notes, notes) }, due: ['report'] }),
  });
}
