import { isVitrineError, VitrineError } from '../src/shared/errors.js';
import { STAGE_STATUS } from '../src/shared/status/words.js';
import type { World } from './http/world.js';
import { BY_SERVER, chooseMode, refuseWithoutToken, type Mode } from './inputs/choose-mode.js';
import type { Inputs } from './inputs/inputs.js';
import { firstQuestion, openTransport } from './report/transport.js';
import { type Result, resultOf } from './result/result.js';
import type { Context } from './runner/context.js';
import { askAhead, type Identity, identityOf } from './server/identity.js';

interface Wanted {
  readonly inputs: Inputs;
  readonly context: Context;
}

interface Delivery extends Wanted {
  readonly identity: Identity | null;
  readonly way: Mode;
}

/** What is to be done; what is wrong with the inputs shows here, before anything has happened. */
export function planDelivery(world: World, wanted: Wanted): Delivery {
  const { serverUrl } = wanted.inputs;
  const identity = serverUrl === null ? null : identityOf(world, serverUrl);
  return { ...wanted, identity, way: chooseMode({ ...wanted, identified: identity !== null }) };
}

/** Goes one of the three ways. Each is loaded only when it is gone. */
export async function dispatch(world: World, delivery: Delivery): Promise<Result> {
  const { inputs, context, identity, way } = delivery;
  if (way.kind === 'nothing')
    return resultOf({ status: STAGE_STATUS.skipped, reason: way.reason, url: inputs.url ?? '' });
  if (way.kind === 'destroy') return atGitHub(world, { inputs, context, url: null });
  if (way.kind === 'github') return atGitHub(world, { inputs, context, url: way.url });
  if (identity === null) throw new VitrineError('internal', 'A way with a server needs an identity.');
  const ahead = await askAhead(identity, world.stopped);
  const { runWithServer } = await import('./server/with-server.js');
  await import('./result/conclude.js');
  try {
    return await runWithServer(world, {
      inputs,
      context,
      pullRequest: way.pullRequest,
      serverUrl: way.serverUrl,
      identity: ahead,
    });
  } catch (error) {
    if (!isVitrineError(error) || inputs.url === null || world.stopped.aborted) throw error;
    world.print(`${error.message} The preview is reported without the server.`);
    return atGitHub(world, { inputs, context, url: inputs.url });
  }
}

interface AtGitHub {
  readonly inputs: Inputs;
  readonly context: Context;
  /** Null: what was reported is taken back. */
  readonly url: string | null;
}

/** The ways without a server. The first question is on its way to GitHub while the toolkit's client is being read. */
async function atGitHub(world: World, { inputs, context, url }: AtGitHub): Promise<Result> {
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
    if (url === null && inputs.serverUrl !== null)
      return resultOf({ status: STAGE_STATUS.skipped, reason: BY_SERVER });
    if (!pullRequest?.fork) throw error;
    return resultOf({
      status: STAGE_STATUS.skipped,
      reason: error.message,
      url: url ?? '',
      sha: pullRequest.sha,
    });
  }
}

function needed({ githubToken: token, prNumber }: Inputs, { pullRequest }: Context) {
  const number = prNumber ?? pullRequest?.number;
  refuseWithoutToken(token);
  if (number === undefined) throw new VitrineError('bad_request', 'Set the input "pr-number".');
  return { token, number };
}
