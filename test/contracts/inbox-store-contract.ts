import { expect, test } from '@jest/globals';
import type { ClaimedDelivery, InboxStore } from '../../src/deliveries/store.js';
import { DELIVERY_STATUS } from '../../src/shared/status/words.js';
import { delivery } from '../support/builders.js';
import { until } from './until.js';

const guid = (index: number) => `11111111-0000-0000-0000-${String(index).padStart(12, '0')}`;
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const BY = { owner: 'w1', leaseMs: 60_000, limit: 10 };
const DECISION = { action: 'deploy', rule: 'opened', detail: 'because', environmentIds: ['e1'] };

/** What every InboxStore must do. `create` gives an empty one for each test. */
export function testInboxStore(name: string, create: () => Promise<InboxStore>): void {
  const withOne = async (): Promise<{ store: InboxStore; claimed: ClaimedDelivery }> => {
    const store = await create();
    await store.store([delivery()]);
    return { store, claimed: await one(store) };
  };
  const one = async (store: InboxStore, by = BY): Promise<ClaimedDelivery> => {
    const [first] = await store.claim(by);
    if (!first) throw new Error('There was nothing to claim.');
    return first;
  };

  test(`${name}: a delivery comes back byte for byte`, async () => {
    const { claimed } = await withOne();
    expect(claimed).toMatchObject({
      ...delivery(),
      body: expect.anything(),
      attempts: 1,
      failures: 0,
      fence: 1,
    });
    expect(Buffer.from(claimed.body)).toEqual(delivery().body);
  });

  test(`${name}: a delivery that is there counts as stored, twenty times at once and in one batch`, async () => {
    const store = await create();
    await Promise.all(
      Array.from({ length: 20 }, () => store.store([delivery(), delivery({ guid: guid(2) })])),
    );
    await store.store([delivery(), delivery(), delivery({ guid: guid(3) })]);
    expect(await store.counts()).toEqual({ stored: 3, handled: 0, ignored: 0, parked: 0, retained: 0 });
    await store.store([]);
  });

  test(`${name}: oldest first, up to the limit, and no delivery twice`, async () => {
    const store = await create();
    await store.store([3, 1, 2].map((index) => delivery({ guid: guid(index), receivedAt: at(index) })));
    const first = await store.claim({ ...BY, limit: 2 });
    expect(first.map((each) => each.guid)).toEqual([guid(1), guid(2)]);
    expect((await store.claim(BY)).map((each) => each.guid)).toEqual([guid(3)]);
    expect(await store.claim(BY)).toEqual([]);
  });

  test(`${name}: it tells since when the next delivery has been waiting`, async () => {
    const store = await create();
    expect(await store.waitingSince()).toBeNull();
    await store.store([2, 1].map((index) => delivery({ guid: guid(index), receivedAt: at(index) })));
    expect(await store.waitingSince()).toEqual(at(1));
    const first = await one(store, { ...BY, limit: 1 });
    expect(await store.waitingSince()).toEqual(at(2));
    await one(store, { ...BY, limit: 1 });
    expect(await store.waitingSince()).toBeNull();
    await store.retry(first, { error: 'boom', inMs: 0, failures: 1, park: false });
    expect(Number(await store.waitingSince())).toBeGreaterThan(Number(at(1)));
  });

  test(`${name}: concurrent workers share the deliveries, each once`, async () => {
    const store = await create();
    await store.store(Array.from({ length: 60 }, (_, index) => delivery({ guid: guid(index) })));
    const all: string[] = [];
    for (let round = 0; round < 20 && all.length < 60; round += 1) {
      const claims = await Promise.all(
        Array.from({ length: 15 }, (_, index) =>
          store.claim({ owner: `w${index}`, leaseMs: 60_000, limit: 7 }),
        ),
      );
      all.push(...claims.flat().map((each) => each.guid));
    }
    expect(all).toHaveLength(60);
    expect(new Set(all).size).toBe(60);
  });

  test.each([
    ['deploy', DELIVERY_STATUS.handled],
    ['ignore', DELIVERY_STATUS.ignored],
  ])(`${name}: a delivery whose decision is to %s ends as %s, with the reason`, async (action, status) => {
    const { store, claimed } = await withOne();
    const decision = { ...DECISION, action };
    await store.finish(claimed, decision);
    const { items } = await store.list({}, { limit: 10 });
    expect(items).toEqual([expect.objectContaining({ guid: claimed.guid, status, decision, error: null })]);
    expect(items[0]).not.toHaveProperty('body');
    await store.store([delivery()]);
    expect(await store.claim(BY)).toEqual([]);
  });

  test(`${name}: a delivery that comes with its decision is kept with it and handed to nobody, also when it comes again`, async () => {
    const store = await create();
    const decision = { ...DECISION, action: 'ignore' };
    await store.store([{ ...delivery(), decision }, delivery({ guid: guid(2) })]);
    await store.store([delivery()]);
    expect((await store.claim(BY)).map((each) => each.guid)).toEqual([guid(2)]);
    expect(await store.claim({ ...BY, limit: 1 })).toEqual([]);
    expect(await store.list({ status: DELIVERY_STATUS.ignored }, { limit: 10 })).toMatchObject({
      items: [{ guid: delivery().guid, decision }],
    });
  });

  test(`${name}: a failed delivery is tried again later, with the number of tries`, async () => {
    const { store, claimed } = await withOne();
    await store.retry(claimed, { error: '$boom', inMs: 1, failures: 1, park: false });
    const again = await until(async () => (await store.claim(BY))[0]);
    expect(again).toMatchObject({ guid: claimed.guid, attempts: 2, failures: 1 });
    expect((await store.list({}, { limit: 1 })).items[0]).toMatchObject({
      error: '$boom',
      status: DELIVERY_STATUS.stored,
    });
  });

  test(`${name}: a parked delivery waits for a person; delivered again, it gets another try`, async () => {
    const { store, claimed } = await withOne();
    await store.retry(claimed, { error: 'boom', inMs: 0, failures: 8, park: true });
    expect(await store.claim(BY)).toEqual([]);
    expect(await store.counts()).toMatchObject({ stored: 0, parked: 1 });
    await store.store([delivery({ guid: guid(9) }), delivery()]);
    expect(await store.counts()).toMatchObject({ stored: 2, parked: 0 });
    const again = await store.claim(BY);
    expect(again.find((each) => each.guid === claimed.guid)).toMatchObject({ attempts: 1, failures: 0 });
  });

  test(`${name}: one that waits for its next try and is delivered again gets it at once, with all its tries`, async () => {
    const { store, claimed } = await withOne();
    await store.retry(claimed, { error: 'boom', inMs: 3_600_000, failures: 5, park: false });
    expect(await store.claim(BY)).toEqual([]);
    await store.store([delivery()]);
    const again = await one(store);
    expect(again).toMatchObject({ guid: claimed.guid, attempts: 1, failures: 0, fence: 2 });
    await store.store([delivery()]);
    expect(await store.claim(BY)).toEqual([]);
    await store.finish(again, DECISION);
    expect(await store.counts()).toMatchObject({ handled: 1 });
  });

  test(`${name}: a lost claim is taken over, and its former holder can neither finish nor park it`, async () => {
    const store = await create();
    await store.store([delivery()]);
    const slept = await one(store, { ...BY, leaseMs: 1 });
    const next = await until(async () => (await store.claim({ ...BY, owner: 'w2' }))[0]);
    await store.finish(slept, DECISION);
    await store.retry(slept, { error: 'late', inMs: 0, failures: 8, park: true });
    expect(await store.counts()).toMatchObject({ stored: 1, handled: 0, parked: 0 });
    await store.finish(next, DECISION);
    expect(await store.counts()).toMatchObject({ stored: 0, handled: 1 });
  });

  test(`${name}: it counts how often in a row a process left a delivery behind, not how often one was slow`, async () => {
    const store = await create();
    await store.store([delivery(), delivery({ guid: guid(2) })]);
    const claimed = (owner: string) =>
      until(async () => {
        const found = await store.claim({ ...BY, owner, leaseMs: 1 });
        return found.find((each) => each.guid === guid(2));
      });
    const crashes: number[] = [];
    let last: ClaimedDelivery | undefined;
    for (const owner of ['w1', 'w1', 'w2', 'w10', 'w1']) {
      last = await claimed(owner);
      crashes.push(last.crashes);
    }
    expect(crashes).toEqual([0, 0, 1, 2, 3]);
    if (last) await store.retry(last, { error: 'boom', inMs: 0, failures: 1, park: false });
    expect(await claimed('w3')).toMatchObject({ crashes: 0, failures: 1 });
  });

  test(`${name}: the list is newest first and pages go on within one millisecond`, async () => {
    const store = await create();
    const seconds = [1, 2, 2, 2, 3];
    await store.store(
      seconds.map((second, index) => delivery({ guid: guid(index), receivedAt: at(second) })),
    );
    const guids: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<InboxStore['list']>> = await store.list(
        { repoId: 1, status: DELIVERY_STATUS.stored },
        { limit: 2, ...(cursor !== null && { cursor }) },
      );
      guids.push(...page.items.map((each) => each.guid));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(guids).toEqual([4, 3, 2, 1, 0].map(guid));
    expect((await store.list({ repoId: 2 }, { limit: 2 })).items).toEqual([]);
    expect((await store.list({ status: DELIVERY_STATUS.parked }, { limit: 2 })).items).toEqual([]);
  });

  test(`${name}: a list of several repositories is newest first, and a page of a search goes on where the look ended`, async () => {
    const store = await create();
    // More than one query can merge, and more than one page looks through.
    const repoIds = Array.from({ length: 90 }, (_, index) => index + 1);
    const many = Array.from({ length: 2_100 }, (_, index) => index);
    await store.store(
      many.map((index) =>
        delivery({ guid: guid(index), repoId: (index % 100) + 1, receivedAt: at(Math.floor(index / 3)) }),
      ),
    );
    const expected = many
      .filter((index) => index % 100 < 90)
      .map(guid)
      .toReversed();
    const all = (await store.list({ repoIds }, { limit: 500 })).items.map((each) => each.guid);
    expect(all).toEqual(expected.slice(0, 500));
    const found: string[] = [];
    const pages: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<InboxStore['list']>> = await store.list(
        { search: guid(7).toUpperCase() },
        { limit: 2, ...(cursor !== null && { cursor }) },
      );
      pages.push(page.items.length);
      found.push(...page.items.map((each) => each.guid));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(found).toEqual([guid(7)]);
    expect(pages).toEqual([0, 1]);
    expect(await store.list({ repoIds: [] }, { limit: 2 })).toEqual({ items: [], nextCursor: null });
  });

  test(`${name}: one that ended can be replayed, with its bytes, and keeps who asked and what it was decided to be`, async () => {
    const { store, claimed } = await withOne();
    expect(await store.replay(claimed.guid, 'mona')).toBe(false);
    await store.finish(claimed, DECISION);
    expect(await store.replay(claimed.guid, '$mona')).toBe(true);
    expect(await store.replay(claimed.guid, 'hubot')).toBe(false);
    expect(await store.get(claimed.guid)).toMatchObject({
      status: DELIVERY_STATUS.stored,
      replays: [{ by: '$mona', at: expect.any(Date), decision: DECISION }],
    });
    const again = await one(store);
    expect(Buffer.from(again.body)).toEqual(delivery().body);
    expect(again).toMatchObject({ attempts: 1, failures: 0, crashes: 0 });
    expect(await store.replay('nothing', 'mona')).toBe(false);
  });

  test(`${name}: retention drops payloads and whole deliveries from a date on, the oldest first, and never what waits`, async () => {
    const store = await create();
    const ended = [1, 2, 3].map((index) => ({
      ...delivery({ guid: guid(index), receivedAt: at(index) }),
      decision: { ...DECISION, action: 'ignore' },
    }));
    await store.store([...ended, delivery({ guid: guid(9), receivedAt: at(0) })]);
    expect(await store.dropPayloads(at(3), 1)).toBe(1);
    expect((await store.get(guid(1)))?.body).toBeNull();
    expect((await store.get(guid(2)))?.body).not.toBeNull();
    expect(await store.dropPayloads(at(3), 5)).toBe(1);
    expect(await store.dropPayloads(at(3), 5)).toBe(0);
    expect(await store.replay(guid(2), 'mona')).toBe(false);
    expect(await store.replay(guid(3), 'mona')).toBe(true);
    expect(await store.deleteEnded(at(9), 5)).toBe(2);
    const { items } = await store.list({}, { limit: 9 });
    expect(items.map((each) => each.guid)).toEqual([guid(3), guid(9)]);
  });
}
