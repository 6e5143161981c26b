import type { Client } from '../../src/contract/client.js';
import { isVitrineError, messageOf, VitrineError } from '../../src/shared/errors.js';
import type { StageName } from '../../src/shared/status/stages.js';
import { STAGE_STATUS } from '../../src/shared/status/words.js';
import { capitalised } from '../../src/shared/text.js';
import { showDuration } from '../../src/shared/time.js';
import { deploy } from '../../src/uploads/client/send.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { build } from '../stages/build.js';
import { copy, folderInside } from '../stages/copy.js';
import { install } from '../stages/install.js';
import { type Job, SKIPPED, StageFailure } from '../stages/job.js';
import type { Journal } from '../stages/journal.js';
import { verify } from '../stages/verify.js';
import { isOvertaken } from './connection.js';
import type { Progress } from './progress.js';
import type { Started } from './session.js';

interface StagesInput {
  readonly world: World;
  readonly inputs: Inputs;
  readonly answer: Started;
  readonly client: Client;
  readonly journal: Journal;
  readonly redact: (text: string) => string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly job: Job;
}

/** The stages in their order. What an earlier step has done already is skipped. */
export async function runStages(input: StagesInput): Promise<void> {
  refuseOtherTarget(input);
  const { inputs } = input;
  if (inputs.url !== null) return verifyAt(input, inputs.url);
  const job = { ...input.job, directory: await workingDirectory(input.job) };
  const skip = async (): Promise<typeof SKIPPED> => SKIPPED;
  await runStage(input, { name: 'installing', work: () => (inputs.prebuilt ? skip() : install(job)) });
  const building = { name: 'building', work: () => (inputs.prebuilt ? skip() : build(job)) } as const;
  const built = (await runStage(input, building)) !== SKIPPED;
  const artifact = await runStage(input, { name: 'copying', work: () => copy(job, { built }) });
  const { client, answer } = input;
  const commitUrl = await runStage(input, {
    name: 'deploying',
    work: () => deploy({ client, id: answer.deployment.id, artifact, log: job.log }),
  });
  await verifyAt(input, commitUrl);
}

/** Nothing is live before somebody has seen it: the upload at the address of its commit, what an earlier step deployed at its own. */
async function verifyAt(input: StagesInput, url: string): Promise<void> {
  const { world, inputs, answer, job, signal } = input;
  const path = inputs.healthPath ?? answer.plan.healthPath;
  await runStage(input satisfies StageRunner, {
    name: 'verifying',
    work: () => verify(world, { url, path, budgetMs: inputs.waitTimeoutMs, log: job.log, signal }),
  });
}

function workingDirectory({ workspace, directory }: Job): Promise<string> {
  return folderInside({
    workspace,
    path: directory,
    what: 'The working directory',
    remedy: 'check out the code first (actions/checkout), or correct "working-directory".',
  });
}

function refuseOtherTarget({ inputs, answer }: StagesInput): void {
  if (inputs.target === null || inputs.target === answer.plan.target) return;
  throw new VitrineError(
    'bad_request',
    `The input "target" is ${JSON.stringify(inputs.target)}, but the server deploys this project to "${answer.plan.target}". ` +
      'Remove the input, or change "target" in .github/preview.yml on the default branch.',
  );
}

interface StageRunner {
  readonly world: Pick<World, 'now' | 'print'>;
  readonly journal: Journal;
  readonly redact: (text: string) => string;
  readonly progress: Pick<Progress, 'begin' | 'end'>;
  readonly signal: AbortSignal;
}

/** One stage: a log group, timed and reported. What it throws names the stage. */
async function runStage<T>(
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
    progress.end(name, {
      status: result === SKIPPED ? STAGE_STATUS.skipped : STAGE_STATUS.completed,
      error: null,
    });
    journal.log(took('done in'));
    return result;
  } catch (cause) {
    const error = told(cause, redact);
    const unwanted = signal.aborted || isOvertaken(cause);
    progress.end(name, {
      status: unwanted ? STAGE_STATUS.cancelled : STAGE_STATUS.failed,
      error: error.message,
    });
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
  const message = messageOf(cause);
  return new VitrineError('internal', redact(`Something unexpected happened: ${message}`), { cause });
}
