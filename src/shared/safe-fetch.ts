/** A request to an address that a user gave. */
export interface SafeRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** For the whole request, with its answer; ten seconds unless given. */
  readonly timeoutMs?: number;
  /** How much of the answer is read; 64 KiB unless given. With 0 only the status is of interest. */
  readonly maxBytes?: number;
}

export interface SafeResponse {
  /** A redirect is not followed: it is an answer like any other. */
  readonly status: number;
  readonly retryAfter: string | null;
  readonly contentType: string | null;
  readonly bytes: Uint8Array;
  /** The same as text. */
  readonly body: string;
}

/** Throws `forbidden` for an address that must not be asked, `bad_request` for what is no web address, and errors of the connection. */
export type SafeFetch = (request: SafeRequest) => Promise<SafeResponse>;

export interface OutgoingPorts {
  /** The only way to send a request to an address that a user gave. */
  readonly safeFetch: SafeFetch;
}
