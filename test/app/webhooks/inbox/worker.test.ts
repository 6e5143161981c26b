import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Store } from '../../../../app/store/connect.js';
import { createDecisions } from '../../../../app/webhooks/inbox/worker.js';
import { GitHubFailure } from '../../../../src/repositories/github.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { openTestStore } from '../../../support/open-test-store.js';
import { pullRequestPayload } from './sample-payload.js';
import { createWorkerFixture, type WorkerFixture } from './worker-fixture.js';

/** Longer than any test: a test that waits for it fails. */
const FAR_MS = 3_600_000;

const DEPLOY = { action: 'deploy', rule: 'opened', detail: 'New.', environmentIds: ['e1'] };

let store: Store;
let fixture: WorkerFixture;

beforeAll(async () => {
  store = await openTestStore();
});
beforeEach(() => {
  fixture = createWorkerFixture(store);
});
afterAll(async () => {
  await store.close();
});

test('a stored delivery is handed to its handler, and its decision is stored', async () => {
  const { put, work, row, seen } = fixture;
  await put('handled', 'pull_request', pullRequestPayload());
  await work((event, decide) =>
    decide(event.id, { action: 'deploy', rule: 'opened', detail: 'New.', environmentIds: ['e1'] }),
  );
  expect(seen).toEqual([{ id: 'handled', name: 'pull_request', payload: pullRequestPayload() }]);
  expect(await row('handled')).toMatchObject({
    status: DELIVERY_STATUS.handled,
    decision: { action: 'deploy', environmentIds: ['e1'] },
  });
});

test.each([
  ['an event without a handler', 'star', 'event-not-used'],
  ['a name that every object has', '__proto__', 'event-not-used'],
])('%s is marked as ignored with the reason, and no handler runs', async (_what, event, rule) => {
  const { put, work, row, seen } = fixture;
  await put(`ignored-${event}`, event, { action: 'created' });
  await work(() => undefined);
  expect(seen).toEqual([]);
  expect(await row(`ignored-${event}`)).toMatchObject({
    status: DELIVERY_STATUS.ignored,
    decision: { rule },
  });
});

test('a handler without a decision has ignored the event', async () => {
  const { put, work, row } = fixture;
  await put('silent', 'pull_request', pullRequestPayload());
  await work(() => undefined);
  expect(await row('silent')).toMatchObject({
    status: DELIVERY_STATUS.ignored,
    decision: { rule: 'action-not-used' },
  });
});

test('a handler that fails is tried again later, and its error is stored without the event', async () => {
  const { put, work, row, lines } = fixture;
  await put('failing', 'pull_request', pullRequestPayload());
  await work(() => {
    throw Object.assign(
      new AggregateError([new Error('GitHub is away'), new Error('and so is the rest')], 'all'),
      {
        event: { payload: 'a whole payload' },
      },
    );
  });
  expect(await row('failing')).toMatchObject({
    status: DELIVERY_STATUS.stored,
    error: 'GitHub is away; and so is the rest',
    decision: null,
  });
  expect(lines.join()).not.toContain('a whole payload');
});

test('a handler that always fails is tried eight times, then the delivery is parked', async () => {
  const { put, work, row } = fixture;
  await put('hopeless', 'pull_request', pullRequestPayload());
  let tries = 0;
  const failing = () => {
    tries += 1;
    throw new Error('never');
  };
  await work(failing, () => -1);
  expect(tries).toBe(8);
  expect(await row('hopeless')).toMatchObject({ status: DELIVERY_STATUS.parked, error: 'never' });
});

test('a handler is tried again while GitHub is unavailable, and then the delivery is handled', async () => {
  const { put, work, row, seen } = fixture;
  await put('patient', 'pull_request', pullRequestPayload());
  const handler: Parameters<typeof work>[0] = (event, decide) => {
    if (seen.length > 20) return decide(event.id, DEPLOY);
    throw new AggregateError([new GitHubFailure('ambiguous', 'GitHub is away')]);
  };
  await work(handler, () => -1);
  expect(seen).toHaveLength(21);
  expect(await row('patient')).toMatchObject({ status: DELIVERY_STATUS.handled, decision: DEPLOY });
});

test('a delivery that waits as long as GitHub asks does not block others', async () => {
  const { put, work, row, lines } = fixture;
  await put('waiting', 'pull_request', pullRequestPayload());
  await put('next', 'pull_request', pullRequestPayload({ number: 8 }));
  await work((event, decide) => {
    if (event.id === 'next') return decide(event.id, DEPLOY);
    throw new GitHubFailure('retry', 'slow down', { retryInMs: FAR_MS });
  });
  expect(await row('waiting')).toMatchObject({ status: DELIVERY_STATUS.stored, error: 'slow down' });
  expect(await row('next')).toMatchObject({ status: DELIVERY_STATUS.handled });
  expect(lines).toEqual([expect.stringContaining(`"inMs":${FAR_MS}`)]);
});

test('deliveries of one pull request are handled one after the other', async () => {
  const { put, work } = fixture;
  for (let index = 0; index < 6; index += 1) await put(`same-${index}`, 'pull_request', pullRequestPayload());
  let running = 0;
  let most = 0;
  await work(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
  });
  expect(most).toBe(1);
});

test('deliveries of different pull requests are handled side by side', async () => {
  const { put, work } = fixture;
  for (let number = 1; number <= 4; number += 1) {
    await put(`other-${number}`, 'pull_request', { ...pullRequestPayload({ number }), number });
  }
  let running = 0;
  let most = 0;
  await work(async () => {
    running += 1;
    most = Math.max(most, running);
    while (most < 4) await new Promise(setImmediate);
    running -= 1;
  });
  expect(most).toBe(4);
});

test('while many deliveries arrive, stored ones are handled one by one', async () => {
  const { put, workerWith, seen } = fixture;
  for (let number = 1; number <= 4; number += 1) {
    await put(`slow-${number}`, 'pull_request', { ...pullRequestPayload({ number }), number });
  }
  let running = 0;
  let most = 0;
  const handler = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  };
  const backpressure = { add: () => undefined, busy: () => true, pauseMs: () => 1 };
  const worker = workerWith(handler, { backpressure, pollMs: FAR_MS });
  worker.start();
  while (seen.length < 4) await new Promise(setImmediate);
  await worker.stop(1_000);
  expect(most).toBe(1);
});

test('as soon as no more deliveries arrive, the waiting ones are handled side by side', async () => {
  const { put, workerWith } = fixture;
  for (let number = 1; number <= 4; number += 1) {
    await put(`after-${number}`, 'pull_request', { ...pullRequestPayload({ number }), number });
  }
  let pouring = true;
  const asked = new Set<boolean>();
  let running = 0;
  const handler = async () => {
    asked.add(pouring);
    running += 1;
    while (running < 4) await new Promise(setImmediate);
  };
  let pauses = 0;
  const backpressure = {
    add: () => undefined,
    busy: () => pouring,
    pauseMs: () => {
      pauses += 1;
      return pouring ? FAR_MS : 0;
    },
  };
  const worker = workerWith(handler, { backpressure, pollMs: FAR_MS });
  worker.start();
  while (pauses < 3) await new Promise(setImmediate);
  pouring = false;
  while (running < 4) await new Promise(setImmediate);
  await worker.stop(1_000);
  expect([...asked]).toEqual([false]);
});

test('a decision belongs to one delivery and is taken once', () => {
  const { record, take } = createDecisions();
  const decision = { action: 'ignore', rule: 'r', detail: 'd', environmentIds: [] };
  record('a', decision);
  expect([take('b'), take('a'), take('a')]).toEqual([undefined, decision, undefined]);
});
