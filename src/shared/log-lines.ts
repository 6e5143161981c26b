import type { StageName } from './status/stages.js';

/** What a line of a log is about. */
export const LOG_TYPES = ['build', 'deploy', 'runtime', 'system'] as const;
export type LogType = (typeof LOG_TYPES)[number];

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Who printed a line while the preview runs: its container, its pod, or the machinery around them. */
export const LOG_SOURCES = ['docker', 'k8s', 'system'] as const;
export type LogSource = (typeof LOG_SOURCES)[number];

/** What one batch may hold. A writer that has more sends several. */
export const BATCH_LIMITS = { lines: 1_000, lineCharacters: 16_384 } as const;

export interface LogLine {
  readonly at: Date;
  readonly type: LogType;
  /** The stage of the deployment; empty outside of one. */
  readonly stage: string;
  readonly level: LogLevel;
  /** Colours stay in it; `cleanLine` removes them. */
  readonly text: string;
}

/** Numbers begin with 1 and never change. */
export interface NumberedLine extends LogLine {
  readonly number: number;
  /** Who printed it: in runtime logs only. */
  readonly source?: LogSource;
  /** Stands for so many lines that are not kept; this is the number of the last of them. */
  readonly omitted?: number;
}

const DEPLOYS: readonly string[] = ['deploying', 'verifying'] satisfies StageName[];

/** The type of a line whose writer named only its stage. */
export function typeOfStage(stage: string): LogType {
  return DEPLOYS.includes(stage) ? 'deploy' : 'build';
}
