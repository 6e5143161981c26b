import { isVitrineError, messageOf } from '../src/shared/errors.js';
import { DEPLOYMENT_STATUS } from '../src/shared/status/words.js';
import { dispatch, planDelivery } from './dispatch.js';
import type { World } from './http/world.js';
import { parseInputs } from './inputs/inputs.js';
import { unknownInputs, unknownMessage } from './inputs/unknown.js';
import { resultOf, type Result } from './result/result.js';
import { command, masked, rawSecrets } from './runner/commands.js';
import { logsUrlOf, readContext } from './runner/context.js';

/** There a workflow has the rights of the base repository while it handles a stranger's code. */
const REFUSED_EVENT = 'pull_request_target';

/** One run of the Action; answers the exit code. */
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
  // What is wrong with the workflow file itself fails the job, whatever the workflow file says about failures.
  const ending = { logsUrl: logsUrlOf(world.env), failOnError: true };
  const end = async (result: Result): Promise<number> => {
    const { conclude } = await import('./result/conclude.js');
    mask();
    return conclude(world, { result, secrets: rawSecrets(world.env), ...ending });
  };
  try {
    const inputs = parseInputs(world.env);
    const context = await readContext(world.env, cwd);
    for (const name of unknownInputs(world.env)) world.print(command('warning', unknownMessage(name)));
    const delivery = planDelivery(world, { inputs, context });
    ending.failOnError = inputs.failOnError;
    return await end(await dispatch(world, delivery));
  } catch (error) {
    return end(world.stopped.aborted ? stopped() : failed(failureText(error)));
  }
}

function refusal(): string {
  return (
    `This Action does not run on ${REFUSED_EVENT}: such a run holds the secrets of the repository while it builds the code of anybody. ` +
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
