import type { BuildPlan } from '../../src/contract/deployments.js';
import type { VitrineError } from '../../src/shared/errors.js';
import type { StageName } from '../../src/shared/status/stages.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';

export type Level = 'debug' | 'info' | 'warning' | 'error';

export type Log = (text: string, level?: Level) => void;

/** What a stage gets. */
export interface Job {
  readonly world: World;
  readonly inputs: Inputs;
  readonly plan: BuildPlan;
  /** The checkout: no command runs outside it, and no file outside it is published. */
  readonly workspace: string;
  /** Where the commands run. */
  readonly directory: string;
  /** Variables for the install and build commands, besides the runner's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the Action itself has to say. */
  readonly log: Log;
  /** A line that a command printed. */
  readonly output: (line: string) => void;
  /** Removes the secrets from a text. */
  readonly redact: (text: string) => string;
  /** Aborted when the run is cancelled or the server ends the deployment. */
  readonly signal: AbortSignal;
}

/** The result of a stage that had nothing to do. */
export const SKIPPED = Symbol('nothing to do');

/** A stage that failed, and why. */
export class StageFailure extends Error {
  override name = 'StageFailure';
  readonly stage: StageName;
  override readonly cause: VitrineError;

  constructor(stage: StageName, cause: VitrineError) {
    super(`${stage} failed: ${cause.message}`, { cause });
    this.stage = stage;
    this.cause = cause;
  }
}
