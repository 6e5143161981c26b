import type { Page, PageRequest } from '../../shared/pages.js';
import type { LogLine, LogSource } from '../../shared/log-lines.js';

/**
 * Lines that one writer sends together. Its numbers grow, so a batch that is sent again, or that was overtaken by a later one, is
 * recognised.
 */
export interface LogBatch {
  readonly deploymentId: string;
  /** `run` for the workflow run; a container or a part of the server has a name of its own. */
  readonly writer: string;
  readonly batch: number;
  readonly lines: readonly LogLine[];
  /** It is appended only when this is the last batch of its writer, null for none: otherwise another process was faster. */
  readonly after?: number | null;
  /** Of runtime logs only. */
  readonly source?: LogSource;
}

/** Lines that are stored together. */
export interface LogChunk {
  readonly deploymentId: string;
  /** The number of its first line. */
  readonly first: number;
  readonly lines: readonly LogLine[];
  readonly source: LogSource | null;
}

export interface Appended {
  /** Null when the log had this batch already, or another one came before it. */
  readonly chunk: LogChunk | null;
  /** The number of the last line of the log. */
  readonly last: number;
}

/**
 * The lines of deployments, in the order in which they were stored. Lines are numbered without a gap, by all servers together. Of a log
 * that is longer than `LOG_BYTES`, its beginning and its end are kept.
 */
export interface LogStore {
  append(batch: LogBatch): Promise<Appended>;
  /** The last batch of each writer, as far as the log remembers them. */
  batchesOf(deploymentId: string): Promise<Readonly<Record<string, number>>>;
  /** The first line of the chunk that holds this line, or the line itself where no chunk does. */
  startOf(deploymentId: string, line: number): Promise<number>;
  /** Chunks that begin with this line or later, oldest first. */
  chunksFrom(deploymentId: string, first: number, limit: number): Promise<readonly LogChunk[]>;
  /** The number of the last line; 0 where there is none. */
  lastLine(deploymentId: string): Promise<number>;
  deleteOf(deploymentIds: readonly string[]): Promise<void>;
  /** What all logs take on the disk, as the database keeps them. Nothing is read for it. */
  bytes(): Promise<number>;
  /** Removes at most so many chunks that were stored before this time; answers how many it removed. */
  deleteBefore(before: Date, limit: number): Promise<number>;
}

/** How much of one log is kept. */
export const LOG_BYTES = { head: 8 * 1024 * 1024, tail: 24 * 1024 * 1024 } as const;

/** The words of a log, under which the search of a project finds its deployment. */
export interface LogWords {
  readonly deploymentId: string;
  readonly projectId: string;
  readonly words: readonly string[];
  /** The number of the last line whose words are here. */
  readonly upTo: number;
  readonly version: number;
}

export interface LogWordStore {
  /** The log of this deployment has new lines. */
  markDue(deployment: { readonly id: string; readonly projectId: string }, at: Date): Promise<void>;
  /** Logs with new lines, the oldest first. */
  due(now: Date, limit: number): Promise<readonly LogWords[]>;
  /** Does nothing when another server was first. `dueAt`: null when the log has ended. */
  save(words: LogWords, dueAt: Date | null): Promise<void>;
  /** Deployments of a project whose logs have all of these words. */
  find(projectId: string, words: readonly string[], limit: number): Promise<readonly string[]>;
  /** Deployments of a project whose commit messages have all of these words. */
  findByMessage(projectId: string, words: readonly string[], limit: number): Promise<readonly string[]>;
  deleteOf(deploymentIds: readonly string[]): Promise<void>;
}

/** Deployments that were deleted and still have logs. */
export interface LogRetentionStore {
  deleted(limit: number): Promise<readonly string[]>;
  /** Their logs are gone. */
  removed(deploymentIds: readonly string[], at: Date): Promise<void>;
}

/** What was found when a preview was looked at. */
export interface HealthCheck {
  readonly id: string;
  readonly deploymentId: string;
  readonly environmentId: string;
  readonly url: string;
  /** Null when it was not asked over HTTP, or did not answer. */
  readonly httpStatus: number | null;
  readonly latencyMs: number | null;
  readonly live: boolean;
  readonly detail: string | null;
  readonly checkedAt: Date;
  /** Kept for an hour only: those around it say the same. */
  readonly brief?: true;
}

export interface HealthCheckStore {
  add(check: HealthCheck): Promise<void>;
  /** Newest first. */
  listOf(deploymentId: string, page: PageRequest): Promise<Page<HealthCheck>>;
  deleteBefore(before: Date, limit: number): Promise<number>;
  /** The same, of the brief ones alone. */
  deleteBriefBefore(before: Date, limit: number): Promise<number>;
  deleteOf(deploymentIds: readonly string[]): Promise<void>;
}

/** What the database keeps of logs. */
export interface LogPorts {
  /** What the run and the server say while they deploy. */
  readonly logs: LogStore;
  /** What a preview prints while it runs. */
  readonly runtimeLogs: LogStore;
  readonly logWords: LogWordStore;
  readonly logRetention: LogRetentionStore;
  readonly healthChecks: HealthCheckStore;
}

/** Which of the two logs of a deployment. */
export type LogKind = 'logs' | 'runtimeLogs';

/** Removes secrets from lines before they are stored or shown. */
export interface LogRedaction {
  /** The lines in the same number and order. A line may have colours inside a secret. */
  readonly redactLines: (
    deployment: { readonly id: string; readonly projectId: string },
    lines: readonly LogLine[],
  ) => Promise<readonly LogLine[]>;
}
