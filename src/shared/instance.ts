import type { CheckState } from './status/words.js';

/** One part of an installation, and what is to be said of it. */
export interface PartState {
  readonly id: string;
  readonly title: string;
  readonly state: CheckState;
  /** A sentence or two: what was seen, and what to do where something is wrong. */
  readonly says: string;
}

/** What the doctor found, in the words of its check. */
export interface Examined extends PartState {
  /** The title of the group that it belongs to. */
  readonly group: string;
  /** What the operator does about it; null when there is nothing to do. */
  readonly todo: string | null;
}

export interface Examination {
  readonly at: Date;
  readonly checks: readonly Examined[];
}

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  /** Null when it is not applied. */
  readonly appliedAt: Date | null;
  /** How long it took; null where that was not measured. */
  readonly ms: number | null;
}

/** What the operator has set that bounds what people can use. */
export interface OperatorLimits {
  /** Ports of this machine for containers; null where none are published. */
  readonly ports: { readonly range: string; readonly count: number } | null;
  /** Of one container. */
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly network: string;
  readonly logDays: number;
  readonly payloadDays: number;
  readonly recordDays: number;
  readonly administrators: number;
}

/** The last run of a job that is repeated, by whichever process did it. */
export interface JobRun {
  readonly name: string;
  readonly everyMs: number;
  readonly at: Date;
  readonly ms: number;
  /** Why it failed; null when it did not. */
  readonly error: string | null;
}

export interface JobRunStore {
  /** In place of its run before. */
  note(run: JobRun): Promise<void>;
  list(): Promise<readonly JobRun[]>;
}

export interface JobRunPorts {
  readonly jobRuns: JobRunStore;
}

/** The process that answers, and what it stands on. */
export interface Instance {
  readonly version: string;
  readonly node: string;
  readonly startedAt: Date;
  readonly limits: OperatorLimits;
  /** Database, engine, disk and the like, each asked now. */
  parts(): Promise<readonly PartState[]>;
  /** Room on the disk of the data directory; null where it cannot be seen. */
  disk(): Promise<{ readonly freeBytes: number; readonly totalBytes: number } | null>;
  migrations(): Promise<readonly AppliedMigration[]>;
  /** What the doctor found last; null before its first result. No page waits for it: it looks again in the background. */
  examination(): Examination | null;
}

const PATIENCE_MS = 60_000;

/** How long a job has been due without a run; zero while it is in time. A pause of a minute is none. */
export function lateSeconds({ at, everyMs }: Pick<JobRun, 'at' | 'everyMs'>, now: Date): number {
  const late = now.getTime() - at.getTime() - everyMs * 2 - PATIENCE_MS;
  return late <= 0 ? 0 : Math.round((late + PATIENCE_MS + everyMs) / 1_000);
}
