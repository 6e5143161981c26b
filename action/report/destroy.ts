import { environmentNameFor } from '../../src/shared/preview-url.js';
import { ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import type { World } from '../http/world.js';
import { BY_SERVER } from '../inputs/choose-mode.js';
import type { Inputs } from '../inputs/inputs.js';
import { resultOf, type Result } from '../result/result.js';
import type { Context, PullRequest } from '../runner/context.js';
import { withRetries } from './attempt.js';
import { findComment, markerOf, renderComment, writeComment } from './comment.js';
import type { GitHub } from './connect.js';
import { retireDeployments } from './deployment.js';

interface DestroyInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly pullRequest: PullRequest;
  readonly github: GitHub;
}

/** Updates the reports of this Action after the pull request was closed: deployments become inactive, the comment says so. It removes no files. */
export async function destroy(
  world: World,
  { inputs, context, pullRequest, github }: DestroyInput,
): Promise<Result> {
  const environment = environmentNameFor({ pullRequest: pullRequest.number });
  const project = inputs.project ?? context.repo;
  const gone = resultOf({
    status: ENVIRONMENT_STATUS.destroyed,
    reason: '',
    environment,
    sha: pullRequest.sha,
  });
  const where = { number: pullRequest.number, marker: markerOf(project) };
  const step = async (): Promise<number> => {
    const { logsUrl } = context;
    const retired = await retireDeployments(github, {
      key: { preview: environment, project },
      except: null,
      logUrl: logsUrl,
    });
    const comment = await findComment(github, where);
    if (comment)
      await writeComment(github, { ...where, body: renderComment({ project, result: gone, logsUrl }) });
    return retired + (comment ? 1 : 0);
  };
  const found = await withRetries(world, { what: 'Reporting to GitHub', signal: world.stopped, step });
  if (found > 0) return gone;
  const nothing =
    inputs.serverUrl === null
      ? 'This Action has reported no preview of this pull request: nothing to update.'
      : BY_SERVER;
  return { ...gone, status: STAGE_STATUS.skipped, reason: nothing };
}
