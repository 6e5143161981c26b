import type { Entry, EntryStore } from '../variables/store.js';

/** The value is in `sealed` and nowhere else: see `envelope.ts`. */
export interface SecretEntry extends Entry {
  readonly sealed: string;
}

/**
 * The secret values that a deployment was given, so that they can be removed from what its run reports, also after a secret was changed
 * or deleted.
 */
export interface DeliveredStore {
  /** Sealed JSON: an array of texts. */
  get(deploymentId: string): Promise<string | null>;
  put(delivered: {
    readonly deploymentId: string;
    readonly sealed: string;
    readonly at: Date;
  }): Promise<void>;
  /** They are still needed at this time. */
  keep(deploymentIds: readonly string[], at: Date): Promise<void>;
  deleteBefore(at: Date): Promise<number>;
}

interface SealedText {
  readonly field: string;
  readonly sealed: string;
  readonly context: string;
}

/** A document with sealed fields, all under one key. */
export interface SealedDocument {
  readonly id: string;
  readonly texts: readonly SealedText[];
}

/** A collection whose documents have sealed fields, for the change of the operator's key. */
export interface SealedCollection {
  readonly name: string;
  /** How many documents need which key. */
  countByKey(): Promise<ReadonlyMap<string, number>>;
  /** Those that need a key, in the order of their ids, beginning after one. */
  under(
    keyId: string,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly SealedDocument[]>;
  /** Compare-and-set on the sealed texts, whose order stays; false when another writer was first. */
  replace(seen: SealedDocument, sealed: readonly string[]): Promise<boolean>;
}

export interface SecretPorts {
  readonly secrets: EntryStore<SecretEntry>;
  readonly delivered: DeliveredStore;
  /** Everything in the database that a key of the operator encrypts. */
  readonly sealed: readonly SealedCollection[];
}
