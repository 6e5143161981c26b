import type { Clock } from '../../src/shared/tools.js';
import type { ArtifactLimits } from '../../src/uploads/limits.js';
import { decodePlan } from '../../src/uploads/plan.js';
import type { ArtifactId, BlobStore, Uploads, UploadState } from '../../src/uploads/store.js';
import { answerPlan, type UploadPorts } from './answer-plan.js';
import { completeIfWhole } from './complete-upload.js';
import { receivePack } from './receive-pack.js';

export interface UploadsPorts extends UploadPorts {
  readonly clock: Clock;
}

/** Both turns of an upload as the core knows them: whichever step brings the last missing file completes it. */
export function createUploads(ports: UploadsPorts): Uploads {
  return {
    async plan({ projectId, limits }, body) {
      const plan = decodePlan(Buffer.from(body.buffer, body.byteOffset, body.byteLength), limits);
      const answer = await answerPlan(ports, { projectId, plan });
      const whole = answer.known && answer.blobs.length === 0;
      const state = whole ? await stateOf(ports, { projectId, root: plan.root }) : underWay(plan.root);
      return { answer: { ...answer, complete: state.completeRoot !== null, notes: state.notes }, ...state };
    },
    pack: ({ projectId, limits, root }, body) =>
      takePack(ports, { upload: { projectId, limits, root }, body }),
  };
}

interface Pack {
  readonly upload: { readonly projectId: string; readonly limits: ArtifactLimits; readonly root: string };
  readonly body: AsyncIterable<Uint8Array>;
}

/** An upload may be forgotten while its files still come in: then they go as well. */
async function takePack(ports: UploadsPorts, { upload, body }: Pack): Promise<UploadState> {
  const { projectId } = upload;
  const written = new Set<string>();
  const blobs: BlobStore = {
    ...ports.blobs,
    async write(blob) {
      await ports.blobs.write(blob);
      written.add(blob.hash);
    },
  };
  let root: string | undefined;
  try {
    ({ root } = await receivePack({ ...ports, blobs }, { upload, body }));
    return await stateOf(ports, { projectId, root });
  } finally {
    const unusedSince = ports.clock.now();
    const kept = root !== undefined && (await ports.artifacts.exists({ projectId, root }));
    if (!kept) await ports.blobs.delete([...(await ports.artifacts.unnamed([...written]))], { unusedSince });
  }
}

function underWay(root: string): UploadState {
  return { root, completeRoot: null, notes: [] };
}

async function stateOf(ports: UploadPorts, id: ArtifactId): Promise<UploadState> {
  const completed = await completeIfWhole(ports, id);
  return completed === null
    ? underWay(id.root)
    : { root: id.root, completeRoot: completed.root, notes: completed.notes };
}
