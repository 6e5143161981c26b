import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { ArtifactId, ArtifactPorts, BlobPorts, OtherBlobPorts } from './store.js';

type Ports = EnvironmentPorts & ArtifactPorts & BlobPorts & OtherBlobPorts & Pick<Tools, 'clock'>;

/**
 * Removes an uploaded directory that no environment names any more, with the files that only it had. An upload of the same files that
 * is under way has its own manifest here already, and asks once more before it is declared whole: what it asked for since is spared.
 */
export async function forgetArtifact(ports: Ports, id: ArtifactId): Promise<void> {
  const unusedSince = ports.clock.now();
  const artifact = await ports.artifacts.findByRoot(id);
  if (!artifact || (await ports.environments.namesArtifact(id))) return;
  if (!(await ports.artifacts.delete(artifact))) return;
  const hashes = [...new Set(artifact.files.map((file) => file.hash))];
  const only = await unnamedBlobs(ports, hashes);
  if (only.length > 0) await ports.blobs.delete(only, { unusedSince });
}

/** Those of the files that neither an uploaded directory nor an image names. */
export async function unnamedBlobs(
  { artifacts, otherBlobs }: ArtifactPorts & OtherBlobPorts,
  hashes: readonly string[],
): Promise<readonly string[]> {
  const unnamed = [...(await artifacts.unnamed(hashes))];
  const others = await otherBlobs.named(unnamed);
  return unnamed.filter((hash) => !others.has(hash));
}

/** Longer than any upload may pause: what is newer may be on its way into a manifest. */
const GRACE_MS = 60 * 60_000;

/** Forgets manifests that no environment names, then the files that no manifest names. Answers how many manifests and files went. */
export async function sweepFiles(ports: Ports): Promise<number> {
  const olderThan = new Date(ports.clock.now().getTime() - GRACE_MS);
  const referenced = new Set<string>();
  let forgotten = 0;
  for await (const artifact of ports.artifacts.list()) {
    const wanted = artifact.createdAt > olderThan || (await ports.environments.namesArtifact(artifact));
    // Saved again since it was listed, it stays.
    const gone = !wanted && (await ports.artifacts.delete(artifact));
    if (gone) forgotten += 1;
    else for (const file of artifact.files) referenced.add(file.hash);
  }
  for await (const hash of ports.otherBlobs.hashes()) referenced.add(hash);
  const { removed } = await ports.blobs.sweep({ referenced, olderThan });
  return forgotten + removed;
}
