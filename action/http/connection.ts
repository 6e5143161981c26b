import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import type { Address } from './address.js';

/** A kind of connection that is kept for the next request. */
export interface Line {
  readonly send: (options: RequestOptions) => ClientRequest;
  readonly agent: Agent;
  readonly addressOf: (url: URL) => Address;
}
