import { z } from 'zod';
import { VitrineError } from '../shared/errors.js';
import type { HealthCheck } from '../shared/health.js';
import type { LogSource } from '../shared/log-lines.js';
import type { HealthState, Reach } from '../shared/reach.js';
import type { ServiceSettings } from '../shared/services.js';

/** One deployment, as a target receives it. */
export interface Release {
  /** The environment's slug: unique on the server, valid in host names and resource names. */
  readonly slug: string;
  /** Grows with every head, reopen and destroy. Of two releases for one slug, the newer generation wins, whichever comes last. */
  readonly generation: number;
  /** A generation can have several: a commit is deployed again, and each deployment is a resource of its own for targets that start programs. */
  readonly deploymentId: string;
  readonly projectId: string;
  readonly sha: string;
  /** A person with write permission pushed the commit, or approved it. */
  readonly trusted: boolean;
  /** Root of the uploaded directory, for targets that take files. */
  readonly artifact: string | null;
  /** For targets that run containers. */
  readonly image: ImageSource | null;
  /** For targets that take a compose file. */
  readonly compose: ComposeSource | null;
  /** For targets that start programs. */
  readonly program: ProgramSettings;
  /** Databases beside the program, for targets that have `services`. */
  readonly services: readonly ServiceSettings[];
  /** Commands that run beside the program; for targets that start programs. */
  readonly hooks: HookCommands;
}

/** `pushed`: an image of this server's own registry. `external`: one of another registry, which is pulled while the run lasts. */
export type ImageSource =
  | { readonly kind: 'pushed'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'external'; readonly reference: string; readonly auth: RegistryAuth | null };

export interface ComposeSource {
  /** Its text, as it is in the repository. */
  readonly file: string;
  /** What the run built, by service. */
  readonly images: Readonly<Record<string, ImageSource>>;
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
}

/** How the program of a preview is started, and what it may use. */
export interface ProgramSettings extends HealthCheck {
  /** A command line; null for what the image or the build says. */
  readonly start: string | null;
  /** Where it listens; null for what the target finds out. The program gets it as `PORT`. */
  readonly port: number | null;
  readonly memoryBytes: number;
  /** Processors, such as 0.5. */
  readonly cpus: number;
  /** The Node that the workflow asks for, as in `engines.node`; absent for what the build says. */
  readonly nodeVersion?: string;
  /** The machine that installed native modules; absent where the run did not say. */
  readonly builtOn?: BuiltOn;
}

/** A command line each; null for none. */
export interface HookCommands {
  /** Once, before the first program of an environment starts. */
  readonly created: string | null;
  /** Before the program of each deployment starts. */
  readonly deployed: string | null;
  /** When the environment ends. */
  readonly destroyed: string | null;
}
export type HookName = keyof HookCommands;

export interface BuiltOn {
  /** As `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl' | null;
  readonly nodeMajor: number;
}

/** Everything that a target may use during one call. It reads no environment variables and uses no global fetch. */
export interface Run {
  /** As the target's `credentials` schema asks for. */
  readonly credentials: unknown;
  /** The variables of the preview. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its secrets, decrypted: they may reach the preview, and nothing else. */
  readonly secrets: Readonly<Record<string, string>>;
  /** One line of the log that people see. The target writes no secret into it; what a program printed may hold one, and is searched for it. */
  readonly log: (line: string) => void;
  /** Values that the target made up, such as passwords: from here on they are taken out of the logs of the deployment. */
  readonly conceal?: (values: readonly string[]) => Promise<void>;
  /** What went wrong without keeping the target from its work: people are told so. */
  readonly onTrouble?: (problem: string) => void;
  readonly signal: AbortSignal;
  readonly fetch: typeof globalThis.fetch;
  /** Requests a page of a preview as a visitor does, and resolves to the status. Throws `forbidden` for an address that must not be asked. */
  readonly visit: Visit;
}

export type Visit = (page: string, signal: AbortSignal) => Promise<number>;

export interface Inspection {
  readonly state: HealthState;
  readonly detail: string | null;
  /** Of a program that is live: where it is reached now. An engine that starts it again may give it another port. */
  readonly reach?: Reach;
  /** Of a program that is live: how it was asked. The settings may be those of a newer commit. */
  readonly health?: HealthCheck;
}

export interface Deployed<Handle> {
  readonly url: string;
  readonly reach: Reach;
  /** The target's own JSON for finding the resource again. It is stored before anything else happens with the resource. */
  readonly handle: Handle;
  /** What runs now; absent where nothing runs on this server's account. */
  readonly containers?: readonly StartedContainer[];
}

/** A container, or a process where there are none. */
export interface StartedContainer {
  /** That of the engine. */
  readonly id: string;
  /** The service of a compose file, or the name of a database; `app` for the program. */
  readonly service: string;
  readonly image: string;
  /** Where this server reaches it; null for one that visitors do not reach. */
  readonly host: string | null;
  readonly port: number | null;
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
  /** A program must start, which takes longer than a request may: the run asks for it, and asks again until it has started. */
  readonly starts: boolean;
  /** What its programs are on this server; absent where it starts none here. */
  readonly runner?: 'process' | 'container';
  /** Whether it starts databases beside its program; where it does not, what to do instead, as a sentence. */
  readonly services?: true | string;
  /** Whether it runs hooks; where it does not, what to do instead, as a sentence. */
  readonly hooks?: true | string;
  /** What becomes of earlier deployments once a newer one is live: kept, each at the URL of its commit, or removed, because they cost memory. */
  readonly earlier: 'kept' | 'removed';
  readonly capabilities: Capabilities<Handle>;
  /** Services that get an address of their own besides that of the preview; absent where there are none. */
  readonly addresses?: (options: Options) => readonly string[];
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
    /** Resolves when visitors can come, with where it is reached now: that may have changed. */
    wake(handle: Handle, run: Run): Promise<Reach>;
  } | null;
  /** What its program prints, from a time on, that included. Ends when the program does, or by the signal of the run. */
  readonly logs: {
    /** Who prints it; the server's own system unless given. */
    readonly source?: LogSource;
    follow(handle: Handle, from: { readonly since: Date }, run: Run): AsyncIterable<ProgramLine>;
  } | null;
}

/** One line that a program printed. */
export interface ProgramLine {
  /** In milliseconds, never before that of the line before it in the same service. Read again, a line has the same time: so a reader that comes back knows what it has. */
  readonly at: Date;
  readonly service: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface TargetVerbs<Options, Handle> {
  /** Calling it twice makes one resource. */
  deploy(release: Release, options: Options, run: Run): Promise<Deployed<Handle>>;
  /** Succeeds when the resource is already gone. */
  destroy(handle: Handle, run: Run, removal?: Removal): Promise<void>;
}

/** Why a resource is removed. */
export interface Removal {
  /** Its environment ends, and with it everything that belongs to it; otherwise a newer deployment has taken its place, or it never went live. */
  readonly environmentEnds: boolean;
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
