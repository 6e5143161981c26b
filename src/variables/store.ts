import type { Page, PageRequest } from '../shared/pages.js';
import type { Scope, StoredLayer } from './scope.js';

/** A variable or a secret as it is stored, without its value. */
export interface Entry {
  readonly scope: Scope;
  readonly name: string;
  /** Random, and new with every change of the value: it tells that a value changed, and nothing about the value. */
  readonly revision: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export interface VariableEntry extends Entry {
  readonly value: string;
}

/** As it comes out of the store. */
export type Stored<One extends Entry> = One & { readonly id: string; readonly createdAt: Date };

export interface EntryStore<One extends Entry> {
  /** Inserts or replaces the one of this scope and name. */
  put(entry: One): Promise<void>;
  /** All of these scopes. */
  of(scopes: readonly Scope[]): Promise<readonly Stored<One>[]>;
  /** Those that a project has in a layer, in the order in which they were first set. */
  list(
    where: { readonly projectId: string; readonly layer: StoredLayer },
    page: PageRequest,
  ): Promise<Page<Stored<One>>>;
  /** False when there was none. */
  delete(where: { readonly scope: Scope; readonly name: string }): Promise<boolean>;
  /** Of an organization: only what its own layer holds. */
  deleteAllOf(owner: { readonly projectId: string } | { readonly ownerId: number }): Promise<number>;
}

export interface VariablePorts {
  readonly variables: EntryStore<VariableEntry>;
}
