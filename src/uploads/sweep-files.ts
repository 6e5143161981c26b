import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { ArtifactPorts, BlobPorts } from './store.js';

type Ports = EnvironmentPorts & ArtifactPorts & BlobPorts & Pick<Tools, 'clock'>;

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
  const { removed } = await ports.blobs.sweep({ referenced, olderThan });
  return forgotten + removed;
}
