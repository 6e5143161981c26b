import { environmentNameFor } from '../../src/shared/preview-url.js';
import { ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import type { World } from '../http/world.js';
import { BY_SERVER } from '../inputs/choose-mode.js';
import type { Inputs } from '../inputs/inputs.js';
import { resultOf, type Result } from '../result/result.js';
import type { Context, PullRequest } from '../runner/context.js';
import { reliably } from './attempt.js';
import { findComment, markerOf, renderComment, writeComment } from './comment.js';
import type { GitHub } from './connect.js';
import { retireDeployments } from './deployment.js';

interface DestroyInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly pullRequest: PullRequest;
  readonly github: GitHub;
}

/** Takes back what this Action told GitHub: deployments become inactive, the comment says so. Taking down is the deploying step's own work. */
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
    const known = await findComment(github, where);
    if (known)
      await writeComment(github, { ...where, body: renderComment({ project, result: gone, logsUrl }) });
    return retired + (known ? 1 : 0);
  };
  const found = await reliably(world, { what: 'Reporting to GitHub', signal: world.stopped, step });
  if (found > 0) return gone;
  const nothing = inputs.serverUrl === null ? 'There was no preview of this Action to take back.' : BY_SERVER;
  return { ...gone, status: STAGE_STATUS.skipped, reason: nothing };
}
