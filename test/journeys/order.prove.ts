import { test } from '@jest/globals';
import { secondsApart } from '../support/clock.js';
import { startWorld, type World } from '../support/start-world.js';
import { ALL_ORDERS, allAtOnce, inTurn, playOrders } from './plays/order.js';

const apart = () => ({ clock: secondsApart(), validation: 'off' }) as const;

test.each([
  ['of one second, each sent once', {}, (world: World) => inTurn(world, ['first'])],
  ['seconds apart, each sent once', apart(), (world: World) => inTurn(world, ['first'])],
  ['seconds apart, each sent twice', apart(), (world: World) => inTurn(world, ['first', 'again'])],
  ['seconds apart, each sent twice and all at once', apart(), allAtOnce],
] as const)('all 120 orders of five events %s end as the pull request says', async (_how, github, play) => {
  await using world = await startWorld({ github });
  world.github.webhooks.hold();
  await playOrders(world, ALL_ORDERS, play(world));
});
