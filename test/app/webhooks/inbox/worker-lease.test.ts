import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../../../app/store/connect.js';
import type { ClaimedDelivery, InboxStore } from '../../../../src/deliveries/store.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { openTestStore } from '../../../support/open-test-store.js';
import { pullRequestPayload } from './sample-payload.js';
import { createWorkerFixture } from './worker-fixture.js';

let store: Store;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
});

const DEPLOY = { action: 'deploy', rule: 'opened', detail: 'New.', environmentIds: ['e1'] };
const LEASE = { leaseMs: 30, pollMs: 5 };

/** The inbox, with a promise for the moment when so many claims were made. */
function watched(inbox: InboxStore) {
  const claims: ClaimedDelivery[] = [];
  const claim: InboxStore['claim'] = async (by) => {
    const found = await inbox.claim(by);
    claims.push(...found);
    return found;
  };
  const claimed = async (times: number) => {
    while (claims.length < times) await new Promise(setImmediate);
  };
  return { inbox: { ...inbox, claim }, claimed };
}

test('work that outlives its lease is not started again by the same worker, and its decision is stored', async () => {
  const { put, row, workerWith, seen } = createWorkerFixture(store);
  const { inbox, claimed } = watched(store.stores.inbox);
  await put('slow', 'pull_request', pullRequestPayload());
  const handler: Parameters<typeof workerWith>[0] = async (event, decide) => {
    await claimed(3);
    decide(event.id, DEPLOY);
  };
  const worker = workerWith(handler, { inbox, ...LEASE });
  worker.start();
  await claimed(3);
  await worker.stop(5_000);
  expect(seen).toHaveLength(1);
  expect(await row('slow')).toMatchObject({ status: DELIVERY_STATUS.handled, decision: DEPLOY });
});

test('a delivery that ends every process that takes it is parked before it ends another', async () => {
  const { put, row, work, seen } = createWorkerFixture(store);
  const { inbox } = store.stores;
  await put('deadly', 'pull_request', pullRequestPayload());
  for (let process = 0; process < 9; process += 1)
    while ((await inbox.claim({ owner: `process-${process}`, leaseMs: 1, limit: 1 })).length === 0);
  while ((await row('deadly'))?.status === DELIVERY_STATUS.stored) await work(() => undefined);
  expect(seen).toEqual([]);
  expect(await row('deadly')).toMatchObject({
    status: DELIVERY_STATUS.parked,
    error: 'The server ended each time it worked on this delivery.',
  });
});

test('work that fails after its lease is tried again', async () => {
  const { put, row, workerWith, seen } = createWorkerFixture(store);
  const { inbox, claimed } = watched(store.stores.inbox);
  await put('slow and failing', 'pull_request', pullRequestPayload());
  const handler: Parameters<typeof workerWith>[0] = async (event, decide) => {
    if (seen.length > 1) return decide(event.id, DEPLOY);
    await claimed(2);
    throw new Error('GitHub is away');
  };
  const worker = workerWith(handler, { inbox, ...LEASE, random: () => -1 });
  worker.start();
  while ((await row('slow and failing'))?.status !== DELIVERY_STATUS.handled) await new Promise(setImmediate);
  await worker.stop(5_000);
  expect(seen).toHaveLength(2);
  expect(await row('slow and failing')).toMatchObject({ decision: DEPLOY });
});
