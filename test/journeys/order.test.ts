import { afterAll, beforeAll, test } from '@jest/globals';
import { secondsApart } from '../support/clock.js';
import { startWorld, type World } from '../support/start-world.js';
import { allAtOnce, inTurn, playOrders, SOME_ORDERS } from './plays/order.js';

// All 120 orders are played by `npm run prove`.

test('twelve orders of five events of one second end as the pull request says', async () => {
  await using world = await startWorld();
  world.github.webhooks.hold();
  await playOrders(world, SOME_ORDERS, inTurn(world, ['first']));
});

let world: World;
beforeAll(async () => {
  // The first test has checked already what is asked of GitHub.
  world = await startWorld({ github: { clock: secondsApart(), validation: 'off' } });
  world.github.webhooks.hold();
});
afterAll(async () => void (await world[Symbol.asyncDispose]()));

test.each([
  ['each sent twice, under another name the second time', () => inTurn(world, ['first', 'again'])],
  ['each sent twice and all at once', () => allAtOnce(world)],
] as const)(
  'twelve orders of five events seconds apart, %s, end as the pull request says',
  async (_how, play) => playOrders(world, SOME_ORDERS, play()),
);
