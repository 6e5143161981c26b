/** Names a request of one actor, and what the request was. Both are hashes. */
export interface KeyedRequest {
  readonly id: string;
  readonly request: string;
}

/**
 * `begun`: the caller carries the request out. `busy`: another caller does at the moment. `answered`: it was carried out, with this answer.
 * `other-request`: the key was used for another request.
 */
export type KeyState =
  | { readonly kind: 'begun'; readonly owner: string }
  | { readonly kind: 'busy' }
  | { readonly kind: 'other-request' }
  | { readonly kind: 'answered'; readonly answer: Uint8Array };

export interface KeyTimes {
  readonly now: Date;
  /** A process that has not answered by then is taken for dead, and the next request with the key is carried out. */
  readonly busyUntil: Date;
  readonly expiresAt: Date;
}

/** What requests with an idempotency key were answered. Several processes share it. */
export interface IdempotencyStore {
  begin(keyed: KeyedRequest, times: KeyTimes): Promise<KeyState>;
  /** Keeps the answer, unless another process took the request over. */
  answer(id: string, kept: { readonly owner: string; readonly answer: Uint8Array }): Promise<void>;
  /** The request may be carried out again. */
  release(id: string, owner: string): Promise<void>;
  /** Not every database removes what is over by itself. Answers how many. */
  deleteExpired(before: Date): Promise<number>;
}

export interface IdempotencyPorts {
  readonly idempotency: IdempotencyStore;
}
