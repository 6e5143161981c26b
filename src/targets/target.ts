import type { z } from 'zod';
import type { ENVIRONMENT_STATUS } from '../shared/status/words.js';

/** One deployment, as a target receives it. */
export interface Release {
  /** The environment's slug: unique on the server, valid in host names and resource names. */
  readonly slug: string;
  /** Grows with every head, reopen and destroy. Of two releases for one slug, the newer generation wins, whichever comes last. */
  readonly generation: number;
  readonly projectId: string;
  readonly sha: string;
  /** Root of the uploaded directory, for targets that publish files. */
  readonly artifact: string | null;
  /** Reference of the image, for targets that run containers. */
  readonly image: string | null;
  readonly variables: Readonly<Record<string, string>>;
}

/** Everything that a target may use during one call. It reads no environment variables and uses no global fetch. */
export interface Run {
  /** As the target's `credentials` schema asks for. */
  readonly credentials: unknown;
  /** One line of the log that people see. Never a secret. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
}

export interface Inspection {
  readonly state: 'live' | typeof ENVIRONMENT_STATUS.sleeping | 'unhealthy' | 'gone';
  readonly detail: string | null;
}

export interface Deployed<Handle> {
  readonly url: string;
  /** The target's own JSON for finding the resource again. It is stored before anything else happens with the resource. */
  readonly handle: Handle;
}

/**
 * A kind of host. A target has all four verbs: deploy, destroy, inspect and list. A new one needs a folder, a line in registry.ts and a
 * call of the contract suite.
 * Errors: `isFinal` says which codes are final; after every other one the same call may be tried again.
 */
export interface Target<Options, Handle> {
  readonly name: string;
  /** Schema of its section of the settings. */
  readonly options: z.ZodType<Options>;
  /** Schema of the credentials that it needs. Without them the target is off. */
  readonly credentials: z.ZodType<unknown>;
  readonly runsIn: 'server' | 'ci';
  /** Calling it twice makes one resource. */
  deploy(release: Release, options: Options, run: Run): Promise<Deployed<Handle>>;
  /** Succeeds when the resource is already gone. */
  destroy(handle: Handle, run: Run): Promise<void>;
  inspect(handle: Handle, run: Run): Promise<Inspection>;
  /** Every resource with our label. */
  list(run: Run): AsyncIterable<Handle>;
}

export interface TargetPorts {
  readonly targets: ReadonlyMap<string, Target<unknown, unknown>>;
  /** Used when the settings name no target. */
  readonly defaultTarget: string;
}
