import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AccessRule } from '../../src/access/grant.js';
import type { Preview } from './preview.js';

/** A request to the host of a preview. */
export interface Visit {
  readonly label: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What let it in; absent for a public preview. */
  readonly admission?: Admission;
}

/** A connection that a visitor wants to turn into a WebSocket. */
export interface SocketVisit {
  readonly label: string;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The gate (gate.ts) found that the visitor may see a protected preview. */
export interface Admission {
  readonly environmentId: string;
  /** A value of `Set-Cookie` that the answer is to have. */
  readonly cookie: string | null;
}

/** What a host shows, and who may see it. */
export interface FoundHost {
  readonly preview: Preview;
  /** Null: everybody may see it. */
  readonly access: AccessRule | null;
}

/** Looks up a host label. It returns no promise when the result is in memory, so that serving does not wait. */
export type HostResolver = (label: string) => FoundHost | Promise<FoundHost>;
