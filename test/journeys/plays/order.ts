import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Delivery } from '../../../demo/github/webhooks/delivery.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { expectConverged } from '../../support/expect-converged.js';
import { REPOSITORY, type World } from '../../support/start-world.js';

const EVENTS = [0, 1, 2, 3, 4] as const;

export type Order = readonly number[];

/** All 120. */
export const ALL_ORDERS: readonly Order[] = ordersOf(EVENTS);

/** Twelve that differ as much as they can: sorted, reversed, each event first, each event last. */
export const SOME_ORDERS: readonly Order[] = [
  [...EVENTS],
  [...EVENTS].reverse(),
  ...EVENTS.map((event) => [event, ...mixed(event)]),
  ...EVENTS.map((event) => [...mixed(event), event]),
];

/** The other events, the second two of them first. */
function mixed(event: number): number[] {
  const others = EVENTS.filter((other) => other !== event);
  return [...others.slice(2), ...others.slice(0, 2)];
}

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

/** Sends the events of some pull requests, each in its order. */
type Play = (orders: readonly (readonly Delivery[])[]) => Promise<void>;

/** So many pull requests at a time, each in an order of its own: they wait for the same pauses. */
const TOGETHER = 12;

export async function playOrders(world: World, orders: readonly Order[], play: Play): Promise<void> {
  const waiting = [...orders];
  while (waiting.length > 0) {
    const numbers: number[] = [];
    const sequences: Delivery[][] = [];
    for (const order of waiting.splice(0, TOGETHER)) {
      const { number, deliveries } = await makeStory(world, `order-${randomUUID()}`);
      numbers.push(number);
      sequences.push(order.flatMap((position) => deliveries[position] ?? []));
    }
    await play(sequences);
    await world.drain();
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
async function makeRoom({ github, drain }: World, numbers: readonly number[]): Promise<void> {
  const closed = numbers.map((number) => github.closePullRequest({ repository: REPOSITORY, number }));
  await Promise.all(closed.map(({ delivery }) => github.webhooks.send(delivery)));
  await drain();
}

/** The events of each pull request come one after the other; each is worked on before the next one comes. */
export function inTurn(world: World, copies: readonly ('first' | 'again')[]): Play {
  return async (orders) => {
    for (const position of EVENTS) {
      for (const copy of copies) {
        const sent = orders.map((order) => sendOne(world, { delivery: order[position], copy }));
        expect(new Set(await Promise.all(sent))).toEqual(new Set([202]));
        await world.app.drain();
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

/** Each event twice, and all of them at once. */
export function allAtOnce({ github }: World): Play {
  return async (orders) => {
    const sent = orders.flat().flatMap((delivery) => [0, 1].map(() => github.webhooks.send(delivery)));
    await Promise.all(sent);
  };
}
