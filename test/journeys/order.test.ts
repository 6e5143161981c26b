import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { GitHubOptions } from '../../demo/github/options.js';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { expectConverged } from '../support/expect-converged.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

/** Over a minute on a quiet machine; a busy one must not make it look broken. */
const PATIENCE_MS = 600_000;

const EVENTS = [0, 1, 2, 3, 4] as const;

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    ordersOf(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

/** {opened A, synchronize B, synchronize C, closed, reopened}: it ends open, at C. Nothing of it was delivered yet. */
async function makeStory(
  { github }: World,
  branch: string,
): Promise<{ number: number; deliveries: Delivery[] }> {
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: branch, title: branch });
  const { number } = opened.pullRequest;
  const [b] = (await github.push({ repository: REPOSITORY, branch, files: { 'b.txt': branch } }))
    .pullRequests;
  const [c] = (await github.push({ repository: REPOSITORY, branch, files: { 'c.txt': branch } }))
    .pullRequests;
  const closed = github.closePullRequest({ repository: REPOSITORY, number });
  const reopened = github.reopenPullRequest({ repository: REPOSITORY, number });
  const events = [opened, b, c, closed, reopened].flatMap((event) => (event ? [event.delivery] : []));
  return { number, deliveries: events };
}

interface Playing {
  /** So many pull requests at a time, each in an order of its own: they wait for the same pauses. */
  readonly together: number;
  readonly play: (orders: readonly (readonly Delivery[])[]) => Promise<void>;
}

async function playAll(world: World, { together, play }: Playing): Promise<void> {
  const orders = ordersOf(EVENTS).map((order, index) => ({ order, branch: `order-${index}` }));
  while (orders.length > 0) {
    const numbers: number[] = [];
    const sequences: Delivery[][] = [];
    for (const { order, branch } of orders.splice(0, together)) {
      const { number, deliveries } = await makeStory(world, branch);
      numbers.push(number);
      sequences.push(order.flatMap((position) => deliveries[position] ?? []));
    }
    await play(sequences);
    await world.settle();
    for (const number of numbers) await expectEnd(world, number);
    await makeRoom(world, numbers);
  }
}

async function expectEnd(world: World, number: number): Promise<void> {
  const { environment, deployments } = await expectConverged(world, number);
  const pull = environment.pullRequest;
  expect(deployments.filter(({ sha }) => sha === pull?.head.sha).map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
  expect(await world.reviewer.checks(pull?.head.sha ?? '')).toHaveLength(1);
  expect(await world.reviewer.comments(number)).toHaveLength(1);
}

/** A project may have 20 previews at once. */
async function makeRoom({ github, settle }: World, numbers: readonly number[]): Promise<void> {
  const closed = numbers.map((number) => github.closePullRequest({ repository: REPOSITORY, number }));
  await Promise.all(closed.map(({ delivery }) => github.webhooks.send(delivery)));
  await settle();
}

/** The events of each pull request come one after the other; each is worked on before the next one comes. */
function inTurn(world: World, copies: readonly ('first' | 'again')[]): Playing['play'] {
  return async (orders) => {
    for (const position of EVENTS) {
      for (const copy of copies) {
        const sent = orders.map((order) => sendOne(world, { delivery: order[position], copy }));
        expect(new Set(await Promise.all(sent))).toEqual(new Set([202]));
        await world.app.settle();
      }
    }
  };
}

interface Sending {
  readonly delivery: Delivery | undefined;
  readonly copy: 'first' | 'again';
}

/** The second copy has a name of its own: nothing but its content tells that it is known. */
async function sendOne({ github }: World, { delivery, copy }: Sending): Promise<number | undefined> {
  if (!delivery) throw new Error('The story has fewer events than its order.');
  const guids = copy === 'again' ? { guids: [randomUUID()] } : {};
  const [attempt] = await github.webhooks.send(delivery, guids);
  return attempt?.status;
}

/** A clock that goes on by a second whenever it is looked at. What is asked of GitHub the first test has checked already. */
function secondsApart(): GitHubOptions {
  let now = Date.now() - 86_400_000;
  return { clock: () => (now += 1_000), validation: 'off' };
}

test(
  'all 120 orders of five events of one second end as the pull request says',
  async () => {
    await using world = await startWorld();
    world.github.webhooks.hold();
    await playAll(world, { together: 12, play: inTurn(world, ['first']) });
  },
  PATIENCE_MS,
);

test.each([
  ['each sent once', ['first']],
  ['each sent twice, under another name the second time', ['first', 'again']],
] as const)(
  'all 120 orders of five events seconds apart, %s, end as the pull request says',
  async (_times, copies) => {
    await using world = await startWorld({ github: secondsApart() });
    world.github.webhooks.hold();
    await playAll(world, { together: 12, play: inTurn(world, copies) });
  },
  PATIENCE_MS,
);

test(
  'all 120 orders of five events seconds apart, each sent twice and all at once, end as the pull request says',
  async () => {
    await using world = await startWorld({ github: secondsApart() });
    world.github.webhooks.hold();
    await playAll(world, {
      together: 1,
      play: async ([deliveries = []]) => {
        await Promise.all(
          deliveries.flatMap((delivery) => [0, 1].map(() => world.github.webhooks.send(delivery))),
        );
      },
    });
  },
  PATIENCE_MS,
);
