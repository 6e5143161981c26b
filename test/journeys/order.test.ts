import { test } from '@jest/globals';
import { secondsApart } from '../support/clock.js';
import { startWorld } from '../support/start-world.js';
import { allAtOnce, inTurn, playOrders, SOME_ORDERS } from './plays/order.js';

// All 120 orders, also those that are sent twice in turn, are played by `npm run prove`.

test('twelve orders of five events of one second end as the pull request says', async () => {
  await using world = await startWorld();
  world.github.webhooks.hold();
  await playOrders(world, SOME_ORDERS, inTurn(world, ['first']));
});

test('twelve orders of five events seconds apart, each sent twice and all at once, end as the pull request says', async () => {
  // The first test has checked already what is asked of GitHub.
  await using world = await startWorld({ github: { clock: secondsApart(), validation: 'off' } });
  world.github.webhooks.hold();
  await playOrders(world, SOME_ORDERS, allAtOnce(world));
});
