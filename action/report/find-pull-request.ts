import { VitrineError } from '../../src/shared/errors.js';
import { numberAt } from '../http/json.js';
import type { World } from '../http/world.js';
import { pullRequestOf, type PullRequest } from '../runner/context.js';
import { withRetries } from './attempt.js';
import type { GitHub } from './connect.js';

/** Reads the pull request of the input "pr-number", for workflows that another event started. */
export async function findPullRequest(
  world: World,
  { github, number }: { github: GitHub; number: number },
): Promise<PullRequest> {
  const { octokit, at } = github;
  const step = async () => {
    try {
      return (await octokit.rest.pulls.get({ ...at, pull_number: number })).data;
    } catch (error) {
      throw numberAt(error, 'status') === 404 ? notFound(number, error) : error;
    }
  };
  const data = await withRetries(world, {
    what: `Reading pull request #${String(number)}`,
    signal: world.stopped,
    step,
  });
  const found = pullRequestOf({ pull_request: data });
  if (found) return found;
  throw new VitrineError(
    'bad_gateway',
    `GitHub's answer about pull request #${String(number)} is incomplete.`,
  );
}

function notFound(number: number, cause: unknown): VitrineError {
  return new VitrineError(
    'not_found',
    `There is no pull request #${String(number)} that this job can see: correct "pr-number", or give the job "permissions: { pull-requests: read }".`,
    { cause },
  );
}
