import { expect, test } from '@jest/globals';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import { D } from '../../src/domain/lifecycle.js';
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

async function playAll(
  world: World,
  play: (deliveries: readonly Delivery[]) => Promise<void>,
): Promise<void> {
  for (const [index, order] of ordersOf(EVENTS).entries()) {
    const { number, deliveries } = await makeStory(world, `order-${index}`);
    await play(order.flatMap((position) => deliveries[position] ?? []));
    await world.settle();
    const { environment, deployments } = await expectConverged(world, number);
    const pull = environment.pullRequest;
    expect(deployments.filter(({ sha }) => sha === pull?.head.sha).map(({ status }) => status)).toEqual([
      D.queued,
    ]);
    expect(await world.reviewer.checks(pull?.head.sha ?? '')).toHaveLength(1);
    expect(await world.reviewer.comments(number)).toHaveLength(1);
    await makeRoom(world, number);
  }
}

/** A project may have 20 previews at once. */
async function makeRoom(world: World, number: number): Promise<void> {
  await world.github.webhooks.send(
    world.github.closePullRequest({ repository: REPOSITORY, number }).delivery,
  );
  await world.settle();
}

test(
  'all 120 orders of five events of one second end as the pull request says',
  async () => {
    await using world = await startWorld();
    world.github.webhooks.hold();
    await playAll(world, async (deliveries) => {
      for (const delivery of deliveries) {
        const [attempt] = await world.github.webhooks.send(delivery);
        expect(attempt?.status).toBe(202);
        await world.app.settle();
      }
    });
    expect(world.github.violations).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'all 120 orders of five events, each sent twice and seconds apart, end as the pull request says',
  async () => {
    let now = Date.now() - 86_400_000;
    await using world = await startWorld({ github: { clock: () => (now += 1_000) } });
    world.github.webhooks.hold();
    await playAll(world, async (deliveries) => {
      await Promise.all(
        deliveries.flatMap((delivery) => [0, 1].map(() => world.github.webhooks.send(delivery))),
      );
    });
    expect(world.github.violations).toEqual([]);
  },
  PATIENCE_MS,
);
