import { isVitrineError, VitrineError } from '../src/domain/errors.js';
import { S } from '../src/domain/lifecycle/words.js';
import { atGitHub } from './at-github.js';
import { chooseWay } from './choose-way.js';
import type { Context } from './context.js';
import { askAhead, identityOf } from './identity.js';
import type { Inputs } from './inputs.js';
import { resultOf, type Result } from './result.js';
import type { World } from './world.js';

export interface Delivery {
  readonly inputs: Inputs;
  readonly context: Context;
}

/** Goes one of the three ways. Each is loaded only when it is gone. */
export async function deliver(world: World, delivery: Delivery): Promise<Result> {
  const { inputs, context } = delivery;
  const identity = inputs.serverUrl === null ? null : identityOf(world, inputs.serverUrl);
  const way = chooseWay({ inputs, context, identified: identity !== null });
  if (way.kind === 'nothing')
    return resultOf({ status: S.skipped, reason: way.reason, url: inputs.url ?? '' });
  if (way.kind === 'destroy') return atGitHub(world, { ...delivery, url: null });
  if (way.kind === 'github') return atGitHub(world, { ...delivery, url: way.url });
  if (identity === null) throw new VitrineError('internal', 'A way with a server needs an identity.');
  const ahead = await askAhead(identity, world.stopped);
  const { runWithServer } = await import('./server/with-server.js');
  await import('./conclude.js');
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
    return atGitHub(world, { ...delivery, url: inputs.url });
  }
}
