import { ENVIRONMENT_STATUS } from './status/words.js';

/**
 * How visitors reach what a target made. `files`: this server answers from a manifest. `upstream`: this server passes requests on to a
 * host and port. `elsewhere`: it has a URL of its own, which this server links to and probes.
 */
export type Reach =
  | { readonly kind: 'files'; readonly root: string }
  | {
      readonly kind: 'upstream';
      readonly host: string;
      readonly port: number;
      /** Services of the preview that have an address of their own besides. */
      readonly addresses?: readonly ServiceAddress[] | undefined;
    }
  | {
      readonly kind: 'elsewhere';
      readonly url: string;
      /** The path that the workflow run checked; null when it is not known, and then the server does not probe. */
      readonly healthPath: string | null;
      readonly healthTimeoutMs?: number | undefined;
      readonly healthStatus?: string | undefined;
      /** A workflow run can remove it. Otherwise it must be removed there. */
      readonly removable: boolean;
    };

export interface ServiceAddress {
  readonly service: string;
  /** For visitors. */
  readonly url: string;
  /** Where this server reaches it. */
  readonly host: string;
  readonly port: number;
}

/** For people: where this server reaches them is its own matter. */
export function addressesOf(reach: Reach | null | undefined): Pick<ServiceAddress, 'service' | 'url'>[] {
  if (reach?.kind !== 'upstream') return [];
  return (reach.addresses ?? []).map(({ service, url }) => ({ service, url }));
}

export const REACH_KINDS = ['files', 'upstream', 'elsewhere'] as const satisfies readonly Reach['kind'][];

/** What a target says of a resource when it looks at it. */
export const HEALTH_STATES = ['live', ENVIRONMENT_STATUS.sleeping, 'unhealthy', 'gone'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** Asks a program for the status of a page. */
export type AskProgram = (asked: {
  readonly host: string;
  readonly port: number;
  /** The host name under which visitors know it. */
  readonly name: string;
  readonly path: string;
  readonly signal: AbortSignal;
}) => Promise<number>;

export interface AskProgramPorts {
  readonly askProgram: AskProgram;
}
