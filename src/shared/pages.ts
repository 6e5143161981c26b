/** An environment with the version its next writer must still find: the compare half of compare-and-set. */
export type Versioned<T> = T & { readonly version: number };

export interface PageRequest {
  readonly cursor?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}
