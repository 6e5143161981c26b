import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { ArtifactId, ArtifactPorts, BlobPorts } from './store.js';

type Ports = EnvironmentPorts & ArtifactPorts & BlobPorts & Pick<Tools, 'clock'>;

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
  const only = await ports.artifacts.unnamed(hashes);
  if (only.size > 0) await ports.blobs.delete([...only], { unusedSince });
}
