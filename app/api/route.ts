import type { Answer } from '../http/respond.js';
import type { Ports } from '../ports.js';
import type { Actor } from './access.js';

/** A request that has passed the door: its caller is known and allowed, its size is known or counted. */
export interface ApiRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The kinds of answer that the caller understands, as it says them. */
  readonly accept: string;
  readonly actor: Actor;
  /** Parsed JSON for `json` routes, a Buffer for `bytes` routes, undefined otherwise. */
  readonly body: unknown;
  /** The body as it arrives, for `stream` routes. */
  readonly stream: AsyncIterable<Uint8Array>;
}

export interface ApiRoute {
  readonly input: 'none' | 'json' | 'bytes' | 'stream';
  /** The largest body; the default is 1 MiB. */
  readonly maxBytes?: number;
  readonly handle: (ports: Ports, request: ApiRequest) => Promise<Answer>;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}
