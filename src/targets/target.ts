import type { z } from 'zod';
import type { ENVIRONMENT_STATUS } from '../shared/status/words.js';

/** What is to be put where. */
export interface Release {
  /** Name of the environment: unique on the server, fit for host names and resource names. */
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

/** What a target is given for one call. It reaches for nothing else: no environment variables, no global fetch. */
export interface Run {
  /** As the target's `credentials` schema asks for. */
  readonly credentials: unknown;
  /** One line for the person who watches. Never a secret. */
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
  /** The target's own JSON for finding the resource again, stored before anything else is done with it. */
  readonly handle: Handle;
}

/**
 * A kind of host. Five verbs and no optional ones; adding a target is one file, one line in index.ts and one call of the contract suite.
 * Errors: `isFinal` says which codes are final; after every other one the same call may be tried again.
 */
export interface Target<Options, Handle> {
  readonly name: string;
  /** Its section of the settings. */
  readonly options: z.ZodType<Options>;
  /** What it needs, by name; absent = the target is off. */
  readonly credentials: z.ZodType<unknown>;
  readonly runsIn: 'server' | 'ci';
  /** Twice = one resource. */
  deploy(release: Release, options: Options, run: Run): Promise<Deployed<Handle>>;
  /** Already gone = fine. */
  destroy(handle: Handle, run: Run): Promise<void>;
  inspect(handle: Handle, run: Run): Promise<Inspection>;
  /** Everything labelled ours. */
  list(run: Run): AsyncIterable<Handle>;
}

export interface TargetPorts {
  readonly targets: ReadonlyMap<string, Target<unknown, unknown>>;
  /** What the settings mean when they name no target. */
  readonly defaultTarget: string;
}
