import type { ArtifactLimits } from './limits.js';

/** Receives builds: first the names, then the missing files in packs. Repeating any step is harmless. */
export interface Uploads {
  plan(owner: UploadOwner, plan: Uint8Array): Promise<UploadPlan>;
  /** Refuses a pack for any other build than the one that was planned: otherwise nothing would bound what one run stores. */
  pack(upload: PackOwner, pack: AsyncIterable<Uint8Array>): Promise<UploadState>;
}

export interface UploadOwner {
  readonly deploymentId: string;
  readonly projectId: string;
  readonly limits: ArtifactLimits;
}

export interface PackOwner extends UploadOwner {
  readonly root: string;
}

export interface UploadState {
  /** What the whole build is called. */
  readonly root: string;
  /** The root hash of the whole build once every file is here and verified. */
  readonly completeRoot: string | null;
  readonly notes: readonly string[];
}

export interface UploadPlan extends UploadState {
  /** The JSON that tells the Action what to send. */
  readonly answer: Readonly<Record<string, unknown>>;
}

export interface UploadPorts {
  readonly uploads: Uploads;
}
