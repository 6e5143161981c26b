import type { HealthCheck } from '../../shared/health.js';
import type { HookName, ProgramLine } from '../target.js';

/** One file of an uploaded build. */
export interface BuildFile {
  readonly path: string;
  readonly size: number;
  readonly hash: string;
}

/** An uploaded build, complete. */
export interface Build {
  readonly files: readonly BuildFile[];
  read(file: BuildFile): AsyncIterable<Buffer>;
}

export interface Builds {
  /** Null when it is not there, or not complete. */
  open(id: { readonly projectId: string; readonly root: string }): Promise<Build | null>;
}

/** One program: each deployment has one of its own. */
export interface ProgramId {
  readonly slug: string;
  readonly generation: number;
  readonly deploymentId: string;
}

/** What programs run on. */
export interface Runtime {
  /** Such as 20.20.2. */
  readonly node: string;
  readonly os: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl' | null;
}

/** The check of its health is kept with the program, for the server that looks at it later. */
export interface ProgramOrder extends ProgramId, HealthCheck {
  /** Names the build and the command. A later attempt of one deployment may bring others, which take the place of what runs. */
  readonly version: string;
  readonly build: Build;
  readonly command: readonly string[];
  /** The variables and secrets of the preview. The runner adds what every program gets, such as PORT. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
  readonly memoryBytes: number;
  readonly cpus: number;
  /** What its environment does last; kept with the program, because the settings may be gone by then. */
  readonly destroyed: readonly string[] | null;
  readonly log: (line: string) => void;
}

export interface RunningProgram extends HealthCheck {
  readonly state: 'up';
  /** That of the engine or of the system. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export type ProgramState =
  | RunningProgram
  /** By `stop`. */
  | { readonly state: 'stopped' }
  /** By itself, or by the system. Without code and signal it is not known how. */
  | { readonly state: 'ended'; readonly code: number | null; readonly signal: string | null };

export interface HookOrder extends Pick<ProgramOrder, 'command' | 'environment' | 'log'> {
  readonly name: HookName;
}

export type HookState = { readonly state: 'up' } | Extract<ProgramState, { readonly state: 'ended' }>;

/** Commands that run beside a program, in its folder and within its limits. They are gone with the program. */
export interface ProgramHooks {
  /** Once: what runs already, or has ended, stays as it is. Throws `stale_head` when the program is not there. */
  start(id: ProgramId, order: HookOrder): Promise<void>;
  /** Null when it was not started. */
  inspect(id: ProgramId, name: HookName): Promise<HookState | null>;
  /** What it prints, until it ends or the signal aborts. */
  follow(id: ProgramId, name: HookName, signal: AbortSignal): AsyncIterable<ProgramLine>;
  /** Ends one that still runs. How it ended is still known. */
  end(id: ProgramId, name: HookName): Promise<void>;
}

/**
 * Runs programs on this server's account. Programs outlive the server that started them: another one that has the same runner finds them.
 * Every call may be repeated.
 */
export interface ProgramRunner {
  /** The Node that programs get which ask for this range of versions. Throws `unprocessable` when there is none that fits. */
  runtimeFor(range: string | null): Promise<Runtime>;
  /** Puts the program there, without starting it. */
  prepare(order: ProgramOrder): Promise<void>;
  /** Resolves once the process is there; it need not answer yet. A program of the same version that runs already is left as it is. */
  start(order: ProgramOrder): Promise<RunningProgram>;
  /** Starts a stopped program again, where it may be reached by another port. Null when it is not there any more. */
  wake(id: ProgramId, again: Pick<ProgramOrder, 'environment'>): Promise<RunningProgram | null>;
  /** Ends every process of the program and keeps its files. */
  stop(id: ProgramId): Promise<void>;
  /** Ends every process of the program and removes all of it. */
  remove(id: ProgramId): Promise<void>;
  /** Null when it is not there. */
  inspect(id: ProgramId): Promise<ProgramState | null>;
  /** What is kept of it: whether it was ever started, and the command that ends its environment. Null when it is not there. */
  about(
    id: ProgramId,
  ): Promise<{ readonly started: boolean; readonly destroyed: readonly string[] | null } | null>;
  readonly hooks: ProgramHooks;
  list(): AsyncIterable<ProgramId>;
  /** What it printed since then, and what it prints, until it ends or the signal aborts. */
  follow(id: ProgramId, from: { readonly since: Date }, signal: AbortSignal): AsyncIterable<ProgramLine>;
  /** The newest lines, the last one last. */
  lastLines(id: ProgramId, count: number): Promise<readonly string[]>;
}
