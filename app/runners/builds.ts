import type { Builds } from '../../src/targets/node/runner.js';
import type { ArtifactStore, BlobStore } from '../../src/uploads/store.js';

interface BuildsPorts {
  readonly artifacts: Pick<ArtifactStore, 'findByRoot'>;
  readonly blobs: Pick<BlobStore, 'read'>;
}

/** Uploaded builds, for what runs programs. */
export function createBuilds({ artifacts, blobs }: BuildsPorts): Builds {
  return {
    async open(id) {
      const artifact = await artifacts.findByRoot(id);
      if (!artifact?.complete) return null;
      return { files: artifact.files, read: ({ hash }) => blobs.read(hash) };
    },
  };
}
