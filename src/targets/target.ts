import { z } from 'zod';
import { VitrineError } from '../shared/errors.js';
import type { HealthState, Reach } from '../shared/reach.js';

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
}

/** Everything that a target may use during one call. It reads no environment variables and uses no global fetch. */
export interface Run {
  /** As the target's `credentials` schema asks for. */
  readonly credentials: unknown;
  /** The variables of the preview. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its secrets, decrypted: they may reach the preview, and nothing else. */
  readonly secrets: Readonly<Record<string, string>>;
  /** One line of the log that people see. Never a secret. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
  /** Requests a page of a preview as a visitor does, and resolves to the status. Throws `forbidden` for an address that must not be asked. */
  readonly visit: Visit;
}

export type Visit = (page: string, signal: AbortSignal) => Promise<number>;

export interface Inspection {
  readonly state: HealthState;
  readonly detail: string | null;
}

export interface Deployed<Handle> {
  readonly url: string;
  readonly reach: Reach;
  /** The target's own JSON for finding the resource again. It is stored before anything else happens with the resource. */
  readonly handle: Handle;
}

/** What a target is, and what can be asked of what it made. */
export interface TargetFacts<Options, Handle> {
  readonly name: string;
  /** Schema of its section of the settings. */
  readonly options: z.ZodType<Options>;
  /** Schema of the credentials that it needs. Without them the target is off. */
  readonly credentials: z.ZodType<unknown>;
  /** What the Action prepares for a deployment. `nothing`: the target is told of a build, and gets no part of it. */
  readonly takes: 'files' | 'image' | 'compose' | 'nothing';
  readonly capabilities: Capabilities<Handle>;
  /** Two handles with the same identity name one resource: the newer one takes the place of the older one. */
  identityOf(handle: Handle): string;
  inspect(handle: Handle, run: Run): Promise<Inspection>;
  /** Every resource with our label. */
  list(run: Run): AsyncIterable<Handle>;
}

/** What only some targets can do; null where one cannot. */
export interface Capabilities<Handle> {
  /** Stops a resource without visitors, and starts it again. Both may be repeated. */
  readonly sleep: {
    stop(handle: Handle, run: Run): Promise<void>;
    wake(handle: Handle, run: Run): Promise<void>;
  } | null;
}

export interface TargetVerbs<Options, Handle> {
  /** Calling it twice makes one resource. */
  deploy(release: Release, options: Options, run: Run): Promise<Deployed<Handle>>;
  /** Succeeds when the resource is already gone. */
  destroy(handle: Handle, run: Run): Promise<void>;
}

/**
 * A kind of host. A target has all four verbs: deploy, destroy, inspect and list. docs/targets.md says what a new one touches.
 * Errors: `isFinal` says which codes are final; after every other one the same call may be tried again.
 */
export interface Target<Options, Handle> extends TargetFacts<Options, Handle>, TargetVerbs<Options, Handle> {
  readonly runsIn: 'server' | 'ci';
}

/** What the server has of a target. Of one that runs in CI it has no verbs: a workflow run deploys and destroys. */
export type ServerTarget<Options, Handle> =
  | (Target<Options, Handle> & { readonly runsIn: 'server' })
  | (TargetFacts<Options, Handle> & { readonly runsIn: 'ci' });

export interface TargetPorts {
  readonly targets: ReadonlyMap<string, ServerTarget<unknown, unknown>>;
  /** Why a target of this server is off, by its name. */
  readonly targetsOff: ReadonlyMap<string, string>;
  /** The credentials of the targets that are on, by their names. */
  readonly targetCredentials: ReadonlyMap<string, unknown>;
  /** Used when the settings name no target. */
  readonly defaultTarget: string;
  readonly visit: Visit;
}

/** The options as the schema of a target reads them. Throws `bad_request` with the reason. */
export function parseOptions<Options>(schema: z.ZodType<Options>, options: unknown): Options {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const reason = z.prettifyError(parsed.error);
  throw new VitrineError('bad_request', `The options of the preview are not valid: ${reason}`);
}
