import { isActive } from '../environments/model.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import { unnamedBlobs } from '../uploads/forget.js';
import type { ArtifactPorts, BlobPorts, OtherBlobPorts } from '../uploads/store.js';
import { picturesOf, type ScreenshotPorts } from './screenshot.js';

type Ports = ScreenshotPorts & BlobPorts & ArtifactPorts & OtherBlobPorts & Pick<Tools, 'clock'>;

/** Removes the screenshots of an environment, all but the newest so many, with the pictures that nothing else names. Answers how many. */
export async function removeScreenshots(
  ports: Ports,
  { environmentId, keep }: { readonly environmentId: string; readonly keep: number },
): Promise<number> {
  const unusedSince = ports.clock.now();
  const removed = await ports.screenshots.removeOf(environmentId, keep);
  const hashes = [...new Set(removed.flatMap(picturesOf).map(({ hash }) => hash))];
  if (hashes.length === 0) return removed.length;
  await ports.blobs.delete(await unnamedBlobs(ports, hashes), { unusedSince });
  return removed.length;
}

/** Removes what is left of environments that are gone: a server that ended in the middle left it. */
export async function sweepScreenshots(ports: Ports & EnvironmentPorts): Promise<number> {
  let removed = 0;
  for await (const environmentId of ports.screenshots.environmentIds()) {
    const environment = await ports.environments.get(environmentId);
    if (environment === null || !isActive(environment))
      removed += await removeScreenshots(ports, { environmentId, keep: 0 });
  }
  return removed;
}
