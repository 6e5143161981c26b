import type { Client } from '../../src/contract/client.js';
import type { StartProgramBody } from '../../src/contract/programs.js';
import { isVitrineError, messageOf, VitrineError } from '../../src/shared/errors.js';
import { type HealthCheck, healthOf } from '../../src/shared/health.js';
import type { StageName } from '../../src/shared/status/stages.js';
import { STAGE_STATUS } from '../../src/shared/status/words.js';
import { capitalised } from '../../src/shared/text.js';
import { showDuration } from '../../src/shared/time.js';
import type { Artifact } from '../../src/uploads/client/directory.js';
import { deploy } from '../../src/uploads/client/send.js';
import type { World } from '../http/world.js';
import type { Inputs } from '../inputs/inputs.js';
import { build } from '../stages/build.js';
import { copy, folderInside } from '../stages/copy.js';
import { install } from '../stages/install.js';
import { type Job, SKIPPED, StageFailure } from '../stages/job.js';
import type { StageLog } from '../stages/stage-log.js';
import { verify } from '../stages/verify.js';
import { type Connection, isSuperseded } from './connection.js';
import { deployByCommand, type Link } from './deploy-by-command.js';
import { refuseOtherTarget } from './fit-target.js';
import type { Progress } from './progress.js';
import type { Started } from './session.js';

interface StagesInput {
  readonly world: World;
  readonly inputs: Inputs;
  readonly answer: Started;
  readonly client: Client;
  readonly connection: Connection;
  readonly stageLog: StageLog;
  readonly redact: (text: string) => string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly job: Job;
}

/**
 * Runs the stages in their order. With "prebuilt" or "url" an earlier step has built or deployed. Resolves to the link to report, for a
 * deployment that the server did not make.
 */
export async function runStages(input: StagesInput): Promise<Link | null> {
  const { inputs } = input;
  const { plan } = input.answer;
  refuseOtherTarget({ inputs, plan });
  const health = healthFor(input);
  if (inputs.url !== null) {
    await verifyAt(input, { url: inputs.url, bypassToken: null });
    return { url: inputs.url, ...health };
  }
  const job = { ...input.job, directory: await workingDirectory(input.job) };
  const ready = { ...input, job };
  if (plan.takes === 'nothing') return deployAndVerify(ready, health);
  const url = await (plan.takes === 'files' ? deployFiles(ready) : deployImages(ready));
  await verifyAt(input, { url, bypassToken: input.answer.bypassToken });
  return null;
}

/** Installs and builds, unless an earlier step did. Answers whether there was something to build. */
async function installAndBuild(input: StagesInput): Promise<boolean> {
  const { job, inputs } = input;
  const skip = async (): Promise<typeof SKIPPED> => SKIPPED;
  await runStage(input, { name: 'installing', work: () => (inputs.prebuilt ? skip() : install(job)) });
  const building = { name: 'building', work: () => (inputs.prebuilt ? skip() : build(job)) } as const;
  return (await runStage(input, building)) !== SKIPPED;
}

/** Uploads a page, or a program with its packages. Resolves to the URL of the commit. */
async function deployFiles(input: StagesInput): Promise<string> {
  const { job, client, answer } = input;
  const built = await installAndBuild(input);
  const upload = (artifact: Artifact): Promise<string> =>
    deploy({ client, id: answer.deployment.id, artifact, log: job.log });
  if (!answer.plan.starts) {
    const artifact = await runStage(input, { name: 'copying', work: () => copy(job, { built }) });
    return runStage(input, { name: 'deploying', work: () => upload(artifact) });
  }
  const { copyProgram } = await import('../stages/program.js');
  const { artifact, body } = await runStage(input, { name: 'copying', work: () => copyProgram(job) });
  const work = async (): Promise<string> => {
    await upload(artifact);
    return startHandedOver(input, body);
  };
  return runStage(input, { name: 'deploying', work });
}

/** Builds images and pushes them to the server. What the Dockerfile builds needs no commands; those that are given run before it. */
async function deployImages(input: StagesInput): Promise<string> {
  const { job, inputs, answer, connection } = input;
  const { plan, deployment } = answer;
  const { prepareImages, handOverImages } = await import('../stages/containers/containers.js');
  const skip = async (): Promise<typeof SKIPPED> => SKIPPED;
  const installs = !inputs.prebuilt && (inputs.installCommand ?? plan.install) !== null;
  await runStage(input, { name: 'installing', work: () => (installs ? install(job) : skip()) });
  const builds = !inputs.prebuilt && (inputs.buildCommand ?? plan.build) !== null;
  const building = async () => {
    if (builds) await build(job);
    return prepareImages(job, deployment.sha.slice(0, 7));
  };
  const prepared = await runStage(input, { name: 'building', work: building });
  const token = () => newToken(connection);
  const work = async (): Promise<string> =>
    startHandedOver(input, await handOverImages(job, { prepared, token }));
  return runStage(input, { name: 'deploying', work });
}

async function startHandedOver(
  { job, connection, answer, signal }: StagesInput,
  body: Omit<StartProgramBody, 'seen'>,
): Promise<string> {
  const { runProgramStart } = await import('./start-program.js');
  const { deployment, plan } = answer;
  const { hooksMs } = plan;
  return runProgramStart({ job, connection, deploymentId: deployment.id, signal, hooksMs, body });
}

/** A build can take longer than a token lives. */
async function newToken(connection: Connection): Promise<string> {
  const answer = await connection.start();
  if (answer.proceed) return answer.token;
  throw new VitrineError('stale_head', answer.decision.detail);
}

/** By the command of the workflow, which takes nothing but the folder it runs in. */
async function deployAndVerify(input: StagesInput, health: HealthCheck): Promise<Link | null> {
  await installAndBuild(input);
  const work = () => deployByCommand({ ...input, health });
  const link = await runStage(input, { name: 'deploying', work });
  await verifyAt(input, { url: link.url, bypassToken: null });
  // With a destroy command the server knows it already.
  return input.inputs.destroyCommand === null ? link : null;
}

/** Checks the page before the deployment counts as a success: at the commit URL, or at the input "url". */
async function verifyAt(
  input: StagesInput,
  page: { readonly url: string; readonly bypassToken: string | null },
): Promise<void> {
  const { world, inputs, job, signal } = input;
  const check = healthFor(input);
  await runStage(input satisfies StageRunner, {
    name: 'verifying',
    work: () => verify(world, { ...page, check, budgetMs: inputs.waitTimeoutMs, log: job.log, signal }),
  });
}

/** The inputs of the workflow come before the settings. */
function healthFor({ inputs, answer: { plan } }: Pick<StagesInput, 'inputs' | 'answer'>): HealthCheck {
  return healthOf({
    healthPath: inputs.healthPath ?? plan.healthPath,
    healthTimeoutMs: inputs.healthTimeoutMs ?? plan.healthTimeoutMs,
    healthStatus: inputs.healthStatus ?? plan.healthStatus,
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

interface StageRunner {
  readonly world: Pick<World, 'now' | 'print'>;
  readonly stageLog: StageLog;
  readonly redact: (text: string) => string;
  readonly progress: Pick<Progress, 'begin' | 'end'>;
  readonly signal: AbortSignal;
}

/** Runs one stage: opens its log group, measures its time and reports it. Throws a `StageFailure`. */
async function runStage<T>(
  { world, stageLog, redact, progress, signal }: StageRunner,
  { name, work }: { name: StageName; work: () => Promise<T> },
): Promise<T> {
  signal.throwIfAborted();
  const startedAt = world.now().getTime();
  const timed = (how: string): string =>
    `${capitalised(name)}: ${how} ${showDuration(world.now().getTime() - startedAt)}`;
  progress.begin(name);
  const close = stageLog.open(name);
  try {
    const result = await work();
    signal.throwIfAborted();
    progress.end(name, {
      status: result === SKIPPED ? STAGE_STATUS.skipped : STAGE_STATUS.completed,
      error: null,
    });
    stageLog.log(timed('done in'));
    return result;
  } catch (cause) {
    const error = redacted(cause, redact);
    const ended = signal.aborted || isSuperseded(cause);
    progress.end(name, {
      status: ended ? STAGE_STATUS.cancelled : STAGE_STATUS.failed,
      error: error.message,
    });
    signal.throwIfAborted();
    if (ended) throw error;
    stageLog.log(error.message, 'error');
    stageLog.log(timed('failed after'));
    throw new StageFailure(name, error);
  } finally {
    close();
  }
}

/** The error without secrets: its message can quote a command, and the command can contain one. */
function redacted(cause: unknown, redact: (text: string) => string): VitrineError {
  if (isVitrineError(cause)) return new VitrineError(cause.code, redact(cause.message), { cause });
  const message = messageOf(cause);
  return new VitrineError('internal', redact(`Something unexpected happened: ${message}`), { cause });
}
