import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import type { StageName } from '../../src/shared/status/stages.js';
import { S } from '../../src/shared/status/words.js';
import { capitalised } from '../../src/shared/text.js';
import { showDuration } from '../../src/shared/time.js';
import type { World } from '../http/world.js';
import { SKIPPED } from '../stages/job.js';
import type { Journal } from '../stages/journal.js';
import { StageFailure } from '../stages/stage-failure.js';
import { isOvertaken } from './overtaken.js';
import type { Progress } from './progress.js';

export interface StageRunner {
  readonly world: Pick<World, 'now' | 'print'>;
  readonly journal: Journal;
  readonly redact: (text: string) => string;
  readonly progress: Pick<Progress, 'begin' | 'end'>;
  readonly signal: AbortSignal;
}

/** One stage: a log group, timed and reported. What it throws names the stage. */
export async function runStage<T>(
  { world, journal, redact, progress, signal }: StageRunner,
  { name, work }: { name: StageName; work: () => Promise<T> },
): Promise<T> {
  signal.throwIfAborted();
  const began = world.now().getTime();
  const took = (how: string): string =>
    `${capitalised(name)}: ${how} ${showDuration(world.now().getTime() - began)}`;
  progress.begin(name);
  const close = journal.open(name);
  try {
    const result = await work();
    signal.throwIfAborted();
    progress.end(name, { status: result === SKIPPED ? S.skipped : S.completed, error: null });
    journal.log(took('done in'));
    return result;
  } catch (cause) {
    const error = told(cause, redact);
    const unwanted = signal.aborted || isOvertaken(cause);
    progress.end(name, { status: unwanted ? S.cancelled : S.failed, error: error.message });
    signal.throwIfAborted();
    if (unwanted) throw error;
    journal.log(error.message, 'error');
    journal.log(took('failed after'));
    throw new StageFailure(name, error);
  } finally {
    close();
  }
}

/** As it may be told to everybody: what was thrown can quote a command, and the command a secret. */
function told(cause: unknown, redact: (text: string) => string): VitrineError {
  if (isVitrineError(cause)) return new VitrineError(cause.code, redact(cause.message), { cause });
  const message = cause instanceof Error ? cause.message : String(cause);
  return new VitrineError('internal', redact(`Something unexpected happened: ${message}`), { cause });
}
