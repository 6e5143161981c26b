import { isVitrineError, VitrineError } from '../src/shared/errors.js';
import { STAGE_STATUS } from '../src/shared/status/words.js';
import type { World } from './http/world.js';
import { BY_SERVER, chooseMode, refuseWithoutToken, type Mode } from './inputs/choose-mode.js';
import type { Inputs } from './inputs/inputs.js';
import { firstRequestUrl, openTransport } from './report/transport.js';
import { type Result, resultOf } from './result/result.js';
import type { Context } from './runner/context.js';
import { type Identity, identityOf, requestAhead } from './server/identity.js';

interface RunInput {
  readonly inputs: Inputs;
  readonly context: Context;
}

interface Plan extends RunInput {
  readonly identity: Identity | null;
  readonly mode: Mode;
}

/** Decides what to do. Refuses inputs that do not fit together, before anything is sent. */
export function planRun(world: World, input: RunInput): Plan {
  const { serverUrl } = input.inputs;
  const identity = serverUrl === null ? null : identityOf(world, serverUrl);
  return { ...input, identity, mode: chooseMode({ ...input, identified: identity !== null }) };
}

/** Carries the plan out. The code of each mode is loaded only when it is needed. */
export async function dispatch(world: World, plan: Plan): Promise<Result> {
  const { inputs, context, identity, mode } = plan;
  if (mode.kind === 'nothing')
    return resultOf({ status: STAGE_STATUS.skipped, reason: mode.reason, url: inputs.url ?? '' });
  if (mode.kind === 'destroy') return reportToGitHub(world, { inputs, context, url: null });
  if (mode.kind === 'remove') return removeWithServer(world, { ...plan, mode });
  if (mode.kind === 'github') return reportToGitHub(world, { inputs, context, url: mode.url });
  if (identity === null) throw new VitrineError('internal', 'Deploying to a server needs an identity.');
  const identityAhead = await requestAhead(identity, world.stopped);
  const { runWithServer } = await import('./server/with-server.js');
  await import('./result/conclude.js');
  try {
    return await runWithServer(world, {
      inputs,
      context,
      pullRequest: mode.pullRequest,
      serverUrl: mode.serverUrl,
      identity: identityAhead,
    });
  } catch (error) {
    if (!isVitrineError(error) || inputs.url === null || world.stopped.aborted) throw error;
    world.print(`${error.message} The preview is reported without the server.`);
    return reportToGitHub(world, { inputs, context, url: inputs.url });
  }
}

type Removing = Plan & { readonly mode: Extract<Mode, { kind: 'remove' }> };

/** Removes what earlier runs deployed by a command. */
async function removeWithServer(world: World, { identity, mode, ...input }: Removing): Promise<Result> {
  if (identity === null) throw new VitrineError('internal', 'Removing a deployment needs an identity.');
  const { removeAll, resultOfRemovals } = await import('./server/removals.js');
  await import('./result/conclude.js');
  const { serverUrl, number } = mode;
  return resultOfRemovals(await removeAll(world, { ...input, identity, serverUrl, number, closed: true }));
}

interface GitHubInput {
  readonly inputs: Inputs;
  readonly context: Context;
  /** Null: the pull request was closed, and the earlier reports are updated. */
  readonly url: string | null;
}

/** Reports without a server. The first request is sent to GitHub before the toolkit's client is loaded. */
async function reportToGitHub(world: World, { inputs, context, url }: GitHubInput): Promise<Result> {
  const { number, token } = requiredInputs(inputs, context);
  const { apiUrl, owner, repo } = context;
  let { pullRequest } = context;
  const inEvent = pullRequest?.number === number;
  const target = { apiUrl, owner, repo, number, pullRequest: inEvent ? pullRequest : null, url };
  const transport = await openTransport(world, { first: firstRequestUrl(target), token });
  const { connect, destroy, findPullRequest, runWithoutServer } = await import('./report/report.js');
  await import('./result/conclude.js');
  const github = connect({ token, apiUrl, owner, repo, transport });
  try {
    if (!inEvent || pullRequest === null) pullRequest = await findPullRequest(world, { github, number });
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

function requiredInputs({ githubToken: token, prNumber }: Inputs, { pullRequest }: Context) {
  const number = prNumber ?? pullRequest?.number;
  refuseWithoutToken(token);
  if (number === undefined) throw new VitrineError('bad_request', 'Set the input "pr-number".');
  return { token, number };
}
