import { isVitrineError, VitrineError } from '../src/shared/errors.js';
import { S } from '../src/shared/status/words.js';
import type { World } from './http/world.js';
import { BY_SERVER, refuseWithoutToken } from './inputs/choose-mode.js';
import type { Inputs } from './inputs/inputs.js';
import { firstQuestion } from './report/first-question.js';
import { openTransport } from './report/transport.js';
import { resultOf, type Result } from './result/result.js';
import type { Context } from './runner/context.js';

export interface AtGitHub {
  readonly inputs: Inputs;
  readonly context: Context;
  /** Null: what was reported is taken back. */
  readonly url: string | null;
}

/** The ways without a server. The first question is on its way to GitHub while the toolkit's client is being read. */
export async function atGitHub(world: World, { inputs, context, url }: AtGitHub): Promise<Result> {
  const { number, token } = needed(inputs, context);
  const { apiUrl, owner, repo } = context;
  let { pullRequest } = context;
  const known = pullRequest?.number === number;
  const question = { apiUrl, owner, repo, number, pullRequest: known ? pullRequest : null, url };
  const transport = await openTransport(world, { first: firstQuestion(question), token });
  const { connect, destroy, findPullRequest, runWithoutServer } = await import('./report/report.js');
  await import('./result/conclude.js');
  const github = connect({ token, apiUrl, owner, repo, transport });
  try {
    if (!known || pullRequest === null) pullRequest = await findPullRequest(world, { github, number });
    const input = { inputs, context, pullRequest, github };
    return url === null ? await destroy(world, input) : await runWithoutServer(world, { ...input, url });
  } catch (error) {
    if (!isVitrineError(error) || error.code !== 'forbidden') throw error;
    if (url === null && inputs.serverUrl !== null) return resultOf({ status: S.skipped, reason: BY_SERVER });
    if (!pullRequest?.fork) throw error;
    return resultOf({ status: S.skipped, reason: error.message, url: url ?? '', sha: pullRequest.sha });
  }
}

function needed({ githubToken: token, prNumber }: Inputs, { pullRequest }: Context) {
  const number = prNumber ?? pullRequest?.number;
  refuseWithoutToken(token);
  if (number === undefined) throw new VitrineError('bad_request', 'Set the input "pr-number".');
  return { token, number };
}
