import type { Descriptor, ManifestFacts } from './manifest.js';

/** A place for the images of one environment, or of one service of it. */
export interface ImageRepository {
  readonly name: string;
  readonly environmentId: string;
  readonly projectId: string;
}

/** A manifest that was pushed into a repository. */
export interface StoredManifest extends ManifestFacts {
  readonly repository: string;
  readonly environmentId: string;
  readonly projectId: string;
  readonly digest: string;
  readonly size: number;
  readonly pushedAt: Date;
}

export interface OwnBlob {
  readonly size: number;
  /** Not long ago, and long before the sweep would remove it. */
  readonly usedLately: boolean;
}

export interface TagPage {
  readonly tags: readonly string[];
  /** Whether there are more after the last one. */
  readonly more: boolean;
}

/**
 * Which blobs and manifests a repository of images has. The bytes are in the blob store, which all projects share: what is not written
 * down here for a repository is not there, also when another repository has it.
 */
export interface ImageStore {
  /** Writes down that the repository has these blobs. Again is a use: the sweep spares what was used a moment ago. */
  addBlobs(repository: ImageRepository, blobs: readonly Pick<Descriptor, 'digest' | 'size'>[]): Promise<void>;
  /** Those of these blobs that the repository has, by digest. */
  blobsOf(repository: string, digests: readonly string[]): Promise<ReadonlyMap<string, OwnBlob>>;
  /** All blobs of the repository, by digest; null when there are more than so many. */
  allBlobsOf(repository: string, most: number): Promise<ReadonlyMap<string, OwnBlob> | null>;
  /** The sizes of those that any repository of the project has: they may be mounted. */
  blobsIn(projectId: string, digests: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** False when it was not there. */
  removeBlob(repository: string, digest: string): Promise<boolean>;
  /** The bytes of all blobs and manifests of an environment, each counted once. */
  bytesOf(environmentId: string): Promise<number>;
  /** Pushing again is one manifest with a newer date. Where it need not be durable yet, it does not wait for the journal. */
  saveManifest(
    manifest: Omit<StoredManifest, 'pushedAt'>,
    write: { readonly durable: boolean },
  ): Promise<void>;
  manifest(repository: string, digest: string): Promise<StoredManifest | null>;
  /** Moves the tag when it is there. */
  setTag(repository: ImageRepository, tag: string, digest: string): Promise<void>;
  tagged(repository: string, tag: string): Promise<string | null>;
  /** In the order of their letters, after `last`. */
  tags(repository: string, page: { readonly last: string; readonly limit: number }): Promise<TagPage>;
  removeTag(repository: string, tag: string): Promise<boolean>;
  /** With its tags. */
  removeManifest(repository: string, digest: string): Promise<boolean>;
  /** Whose subject it is. */
  referrers(repository: string, subject: string, limit: number): Promise<readonly StoredManifest[]>;
  /** The environments that have images. */
  environmentIds(): AsyncIterable<string>;
  manifestsOf(environmentId: string): Promise<readonly StoredManifest[]>;
  /** Removes blobs of an environment that were used before then and that no manifest of it names. Answers how many. */
  removeUnnamedBlobs(environmentId: string, usedBefore: Date): Promise<number>;
  removeEnvironment(environmentId: string): Promise<number>;
  /** Every blob and manifest that a repository of a project has, once for each repository. A manifest with layers is an image. */
  held(): AsyncIterable<{
    readonly projectId: string;
    readonly digest: string;
    readonly size: number;
    readonly isImage: boolean;
  }>;
  /** Every digest that some repository has, for the sweep of the blob store. */
  digests(): AsyncIterable<string>;
  /** Those of the digests that some repository has. */
  known(digests: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface ImagePorts {
  readonly images: ImageStore;
}

/** A blob that is being pushed. Its file holds what arrived; there is no other record of it. */
export interface UploadSession {
  readonly id: string;
  readonly repository: ImageRepository;
}

export interface UploadSessions {
  begin(repository: ImageRepository): Promise<UploadSession>;
  /** How many bytes arrived; null when there is no such session. */
  offset(session: UploadSession): Promise<number | null>;
  /** The bytes of all pushes that are open in an environment. */
  openBytes(environmentId: string): Promise<number>;
  /** Adds bytes at the end. `from` is where the sender believes the end to be. Answers where it is afterwards. */
  append(
    session: UploadSession,
    sent: { content: AsyncIterable<Uint8Array>; from: number | null },
  ): Promise<number>;
  /** What arrived, with the SHA-256 that it has. */
  whole(session: UploadSession): Promise<{ hash: string; size: number; path: string }>;
  end(session: UploadSession): Promise<void>;
  /** Removes those to which nothing was added for an hour. Answers how many. */
  sweep(): Promise<number>;
}

export interface ImageUploadPorts {
  readonly imageUploads: UploadSessions;
}
