import { type Environment, isActive } from '../environments/model.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { Tools } from '../shared/tools.js';
import { contentsOf } from './push.js';
import type { ImagePorts, ImageUploadPorts, StoredManifest } from './store.js';

type Ports = ImagePorts & ImageUploadPorts & EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock'>;

/** Longer than a push may pause: what is newer may be on its way into a deployment. */
const GRACE_MS = 60 * 60_000;

/**
 * Forgets images that nothing runs: those of environments that are gone, and those that no deployment of the environment names. The sweep of
 * the blob store then removes their bytes. Answers how many
 * pushes, manifests and blobs went.
 */
export async function sweepImages(ports: Ports): Promise<number> {
  let removed = await ports.imageUploads.sweep();
  for await (const environmentId of ports.images.environmentIds())
    removed += await sweepEnvironment(ports, environmentId);
  return removed;
}

async function sweepEnvironment(ports: Ports, environmentId: string): Promise<number> {
  const before = new Date(ports.clock.now().getTime() - GRACE_MS);
  const environment = await ports.environments.get(environmentId);
  const over = environment === null || (!isActive(environment) && environment.resources.length === 0);
  const manifests = await ports.images.manifestsOf(environmentId);
  const isOld = ({ pushedAt }: StoredManifest) => pushedAt < before;
  if (over && manifests.every(isOld)) return ports.images.removeEnvironment(environmentId);
  if (environment === null || (await isUnderWay(ports, environmentId))) return 0;
  const kept = await keptDigests(ports, { environment, manifests });
  let removed = 0;
  for (const manifest of manifests.filter((one) => isOld(one) && !kept.has(one.digest)))
    if (await ports.images.removeManifest(manifest.repository, manifest.digest)) removed += 1;
  return removed + (await ports.images.removeUnnamedBlobs(environmentId, before));
}

/** A deployment that has not ended may have pushed what it will name. */
async function isUnderWay({ deployments }: Ports, environmentId: string): Promise<boolean> {
  return (await deployments.unsettledOf(environmentId)).length > 0;
}

/** What runs, what it consists of, and what is said about it: signatures and attestations. */
async function keptDigests(
  ports: Ports,
  { environment, manifests }: { environment: Environment; manifests: readonly StoredManifest[] },
): Promise<ReadonlySet<string>> {
  const named = new Set(environment.resources.flatMap(({ handle }) => imagesIn(handle)));
  const roots = manifests.filter(({ digest }) => named.has(digest));
  const contents = await Promise.all(roots.map((root) => contentsOf(ports, root)));
  const kept = new Set(contents.flatMap((digests) => [...digests]));
  const about = manifests.filter(({ subject }) => subject !== null && kept.has(subject));
  return new Set([...kept, ...about.map(({ digest }) => digest)]);
}

/** The digests that a target's handle holds, wherever it keeps them. */
export function imagesIn(handle: unknown): readonly string[] {
  return JSON.stringify(handle ?? null).match(/sha256:[0-9a-f]{64}/g) ?? [];
}
