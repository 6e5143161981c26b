import { isVitrineError, messageOf } from '../src/shared/errors.js';
import { DEPLOYMENT_STATUS } from '../src/shared/status/words.js';
import { dispatch, planRun } from './dispatch.js';
import type { World } from './http/world.js';
import { parseInputs } from './inputs/inputs.js';
import { unknownInputs, unknownMessage } from './inputs/unknown.js';
import { resultOf, type Result } from './result/result.js';
import { command, masked, rawSecrets } from './runner/commands.js';
import { logsUrlOf, readContext } from './runner/context.js';

/** A run of this event has the rights of the base repository, also for pull requests of strangers. */
const REFUSED_EVENT = 'pull_request_target';

/** One run of the Action; returns the exit code. */
export async function run(given: World, cwd: string): Promise<number> {
  if (given.env['GITHUB_EVENT_NAME'] === REFUSED_EVENT) {
    const { conclude } = await import('./result/conclude.js');
    return conclude(given, {
      result: failed(refusal()),
      secrets: [],
      logsUrl: logsUrlOf(given.env),
      failOnError: true,
    });
  }
  const { world, mask } = masked(given);
  // An invalid input fails the job, even with "fail-on-error: false".
  const ending = { logsUrl: logsUrlOf(world.env), failOnError: true };
  const end = async (result: Result): Promise<number> => {
    const { conclude } = await import('./result/conclude.js');
    mask();
    return conclude(world, { result, secrets: rawSecrets(world.env), ...ending });
  };
  const preview = async (): Promise<Result> => {
    const inputs = parseInputs(world.env);
    const context = await readContext(world.env, cwd);
    for (const name of unknownInputs(world.env)) world.print(command('warning', unknownMessage(name)));
    const plan = planRun(world, { inputs, context });
    ending.failOnError = inputs.failOnError;
    return dispatch(world, plan);
  };
  return end(
    await preview().catch((error: unknown) =>
      world.stopped.aborted ? stopped() : failed(failureText(error)),
    ),
  );
}

function refusal(): string {
  return (
    `This Action does not run on ${REFUSED_EVENT}, because such a run gives the code of any pull request access to the secrets of the repository. ` +
    'Use "on: pull_request".'
  );
}

function failed(reason: string): Result {
  return resultOf({ status: DEPLOYMENT_STATUS.failed, reason });
}

function stopped(): Result {
  return resultOf({ status: DEPLOYMENT_STATUS.cancelled, reason: 'The workflow run was cancelled.' });
}

function failureText(error: unknown): string {
  if (isVitrineError(error)) return error.message;
  return `Something unexpected happened: ${messageOf(error)}`;
}
