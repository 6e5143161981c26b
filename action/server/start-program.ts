import { startProgram, type StartProgramBody } from '../../src/contract/programs.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Job } from '../stages/job.js';
import type { Connection } from './connection.js';

interface Start {
  readonly job: Job;
  readonly connection: Connection;
  readonly deploymentId: string;
  readonly signal: AbortSignal;
  /** What hooks may take before the program starts. */
  readonly hooksMs: number;
  readonly body: Omit<StartProgramBody, 'seen'>;
}

/** Between two questions, when the program printed nothing. */
const PAUSE_MS = 1_000;

/**
 * Has the server start what the run handed over, and answers the URL of the commit. What the program prints meanwhile is in the log of
 * this stage, so that a failure shows its last lines.
 */
export async function runProgramStart({
  job,
  connection,
  deploymentId,
  signal,
  hooksMs,
  body,
}: Start): Promise<string> {
  const { world, inputs } = job;
  const deadline = world.now().getTime() + inputs.waitTimeoutMs + hooksMs;
  const client = connection.client({
    what: 'Starting the program',
    budgetMs: inputs.waitTimeoutMs,
    signal,
  });
  job.log('Starting the program on the server.');
  for (let seen = 0; ;) {
    const answer = await client(startProgram, {
      params: { id: deploymentId },
      body: { ...settingsOf(job), ...body, seen },
    });
    for (const line of answer.lines) job.output(line);
    seen = answer.seen;
    if (answer.problem !== null) throw new VitrineError('unprocessable', answer.problem);
    if (answer.started) return commitUrlOf(answer.commitUrl);
    if (world.now().getTime() >= deadline) throw tooSlow(inputs.waitTimeoutMs);
    if (answer.lines.length === 0) await world.sleep(PAUSE_MS, signal);
  }
}

/** Inputs override the settings, which the server knows itself. */
function settingsOf({ inputs: { startCommand, port } }: Job): Pick<StartProgramBody, 'start' | 'port'> {
  return { ...(startCommand !== null && { start: startCommand }), ...(port !== null && { port }) };
}

function commitUrlOf(url: string | null): string {
  if (url !== null) return url;
  throw new VitrineError(
    'bad_gateway',
    'The server sent no URL for this commit, so the Action cannot check the page: update the server.',
  );
}

function tooSlow(budgetMs: number): VitrineError {
  return new VitrineError(
    'unprocessable',
    `The program did not start in ${String(Math.round(budgetMs / 1000))} s. Does it listen on 0.0.0.0:$PORT? The input "wait-timeout" changes the time.`,
  );
}
