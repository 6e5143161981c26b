import { isVitrineError, VitrineError } from '../src/shared/errors.js';
import { S } from '../src/shared/status/words.js';
import { atGitHub } from './at-github.js';
import type { World } from './http/world.js';
import { chooseWay, type Way } from './inputs/choose-mode.js';
import type { Inputs } from './inputs/inputs.js';
import { resultOf, type Result } from './result/result.js';
import type { Context } from './runner/context.js';
import { askAhead, identityOf, type Identity } from './server/identity.js';

export interface Wanted {
  readonly inputs: Inputs;
  readonly context: Context;
}

export interface Delivery extends Wanted {
  readonly identity: Identity | null;
  readonly way: Way;
}

/** What is to be done; what is wrong with the inputs shows here, before anything has happened. */
export function planDelivery(world: World, wanted: Wanted): Delivery {
  const { serverUrl } = wanted.inputs;
  const identity = serverUrl === null ? null : identityOf(world, serverUrl);
  return { ...wanted, identity, way: chooseWay({ ...wanted, identified: identity !== null }) };
}

/** Goes one of the three ways. Each is loaded only when it is gone. */
export async function deliver(world: World, delivery: Delivery): Promise<Result> {
  const { inputs, context, identity, way } = delivery;
  if (way.kind === 'nothing')
    return resultOf({ status: S.skipped, reason: way.reason, url: inputs.url ?? '' });
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
