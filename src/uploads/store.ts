import type { PlanAnswer } from '../contract/uploads.js';
import type { ArtifactLimits } from './limits.js';
import type { ArtifactFile } from './manifest.js';
import type { Ranges } from './plan.js';

/** Part of a blob: both ends included, as in a Range header. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type BlobEncoding = 'br' | 'gzip';

export interface BlobStat {
  readonly hash: string;
  readonly size: number;
  /** Last time the blob was written or asked for by an upload. */
  readonly usedAt: Date;
}

/** Bytes named by their SHA-256. What is there is whole, durable and never changes. */
export interface BlobStore {
  /**
   * The hashes of those that are there, whole and with this size. Asking is a use, each time: an upload is about to rely on them, so
   * the sweep of unused files does not remove them.
   */
  has(blobs: readonly Pick<BlobContent, 'hash' | 'size'>[]): Promise<ReadonlySet<string>>;
  /** Durable when it returns, and a use where it is there already. Refuses content whose length or hash differ, and leaves nothing of it behind. */
  write(blob: BlobContent): Promise<void>;
  /** Takes over a file of the same disk whose SHA-256 the caller has checked: it is moved, not copied. Durable when it returns. */
  adopt(file: { readonly hash: string; readonly size: number; readonly path: string }): Promise<void>;
  size(hash: string): Promise<number | null>;
  /** Throws `not_found` when the blob is not there. Large pieces are read with less work, and take more memory for each reader. */
  read(hash: string, part?: ByteRange & { readonly pieceBytes?: number }): AsyncIterable<Buffer>;
  readAll(hash: string): Promise<Buffer>;
  /** The blob compressed, made once and kept; null when that does not make it clearly smaller. */
  encoded(hash: string, encoding: BlobEncoding): Promise<Buffer | null>;
  /** Removes those that no upload wrote or asked for since then. A missing one is no error. */
  delete(hashes: readonly string[], unused: { readonly unusedSince: Date }): Promise<void>;
  list(): AsyncIterable<BlobStat>;
  /** Removes what no artifact names and no upload used since `olderThan`. */
  sweep(keep: { referenced: ReadonlySet<string>; olderThan: Date }): Promise<SweepResult>;
}

export interface BlobContent {
  readonly hash: string;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface SweepResult {
  readonly removed: number;
  readonly bytes: number;
}

export interface ArtifactId {
  readonly projectId: string;
  /** Root of the manifest. */
  readonly root: string;
}

/** A manifest that a project uploaded. Incomplete ones are uploads under way: never served, but resumable. */
export interface StoredArtifact extends ArtifactId {
  /** Sorted by path. */
  readonly files: readonly ArtifactFile[];
  readonly complete: boolean;
  /** Which of its files did not arrive yet, by index; none when absent. See `plan.ts`. */
  readonly owed?: Ranges;
  readonly createdAt: Date;
}

/** Manifests of one project never show in another: what is known of a base would tell what the other project holds. */
export interface ArtifactStore {
  findByRoot(id: ArtifactId): Promise<StoredArtifact | null>;
  /** Whether it is there, complete or not, without reading its files. */
  exists(id: ArtifactId): Promise<boolean>;
  /** Newest first, incomplete ones too, read one by one: the reader stops when one is close enough. */
  latest(projectId: string, limit: number): AsyncIterable<StoredArtifact>;
  /** Saving twice is one artifact, and a complete one stays complete; `createdAt` moves to the newest save. What is missing stays as it was. */
  save(artifact: Omit<StoredArtifact, 'createdAt'>): Promise<void>;
  /** Changes what is missing, if that is still what was read. Answers whether it was. */
  replaceOwed(id: ArtifactId, owed: { readonly from: Ranges; readonly to: Ranges }): Promise<boolean>;
  /** Declares it complete, which counts as a save. False when it is not there any more: then it does not come back. */
  complete(id: ArtifactId): Promise<boolean>;
  /** A missing one is no error. With `createdAt`, only if it was not saved again since. Answers whether it was removed. */
  delete(artifact: ArtifactId & { readonly createdAt?: Date }): Promise<boolean>;
  /** Those of the hashes that no artifact of any project names. */
  unnamed(hashes: readonly string[]): Promise<ReadonlySet<string>>;
  /** Every artifact of every project, for the sweep. */
  list(): AsyncIterable<StoredArtifact>;
}

/** What names blobs besides artifacts: images. */
export interface OtherBlobs {
  /** Every hash that is named. */
  hashes(): AsyncIterable<string>;
  /** Those of the hashes that are named. */
  named(hashes: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface OtherBlobPorts {
  readonly otherBlobs: OtherBlobs;
}

export interface ArtifactPorts {
  readonly artifacts: ArtifactStore;
}

export interface BlobPorts {
  readonly blobs: BlobStore;
}

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

interface PackOwner extends UploadOwner {
  readonly root: string;
}

export interface UploadState {
  /** What the whole build is called. */
  readonly root: string;
  /** The root hash of the whole build once every file is here and verified. */
  readonly completeRoot: string | null;
  readonly notes: readonly string[];
}

interface UploadPlan extends UploadState {
  /** The JSON that tells the Action what to send. */
  readonly answer: PlanAnswer & { readonly complete: boolean };
}

export interface UploadPorts {
  readonly uploads: Uploads;
}
