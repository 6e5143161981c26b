import { VitrineError } from '../../src/domain/errors.js';
import { pullRequestOf, type PullRequest } from '../context.js';
import type { World } from '../world.js';
import type { GitHub } from './github.js';
import { reliably } from './reliably.js';

/** The pull request that the input "pr-number" names, for workflows that another event started. */
export async function findPullRequest(
  world: World,
  { github, number }: { github: GitHub; number: number },
): Promise<PullRequest> {
  const { octokit, at } = github;
  const step = async () => (await octokit.rest.pulls.get({ ...at, pull_number: number })).data;
  const data = await reliably(world, {
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
