import { afterEach, expect, jest, test } from '@jest/globals';
import {
  COMMITTER_LIMITS,
  createCommitter,
  type CommitterOptions,
} from '../../../../app/webhooks/inbox/committer.js';
import type { Delivery } from '../../../../src/deliveries/store.js';

function delivery(guid: string, bytes = 2): Delivery {
  const body = Buffer.alloc(bytes);
  return {
    guid,
    event: 'ping',
    action: null,
    repoId: null,
    installationId: null,
    body,
    receivedAt: new Date(0),
  };
}

afterEach(() => {
  jest.useRealTimers();
});

const DEADLINE_MS = 50;

/** Time passes when the test says so; what waits for the next turn of the event loop runs as always. */
function holdTime(): { passDeadline: () => Promise<void> } {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
  return { passDeadline: () => jest.advanceTimersByTimeAsync(DEADLINE_MS) };
}

/** A store whose writes end when the test says so. */
function heldStore(limits: Partial<NonNullable<CommitterOptions['limits']>> = {}) {
  const writes: { guids: string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const sent: number[] = [];
  const committer = createCommitter({
    store: (deliveries) =>
      new Promise((resolve, reject) => {
        writes.push({ guids: deliveries.map(({ guid }) => guid), end: resolve, fail: reject });
      }),
    onSent: ({ deliveries }) => sent.push(deliveries),
    limits: { ...COMMITTER_LIMITS, ...limits },
  });
  const written = async (count: number) => {
    while (writes.length < count) await new Promise(setImmediate);
    return writes[count - 1] ?? fail();
  };
  return { ...committer, writes, sent, written };
}

function fail(): never {
  throw new Error('There is no such write.');
}

test('deliveries that arrive while a write is on its way ride together in the next one', async () => {
  const { commit, written, writes, sent } = heldStore();
  const first = commit(delivery('a'));
  const one = await written(1);
  const later = ['b', 'c', 'd'].map((guid) => commit(delivery(guid)));
  one.end();
  await first;
  (await written(2)).end();
  await Promise.all(later);
  await new Promise(setImmediate);
  expect(writes.map(({ guids }) => guids)).toEqual([['a'], ['b', 'c', 'd']]);
  expect(sent).toEqual([1, 3]);
});

test('when half of the crowd waits its write does not wait for the last answer, the one after it does', async () => {
  const { commit, written, writes } = heldStore();
  const all = ['a', 'b'].map((guid) => commit(delivery(guid)));
  const first = await written(1);
  for (const guids of [
    ['c', 'd'],
    ['e', 'f'],
  ]) {
    all.push(...guids.map((guid) => commit(delivery(guid))));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
  expect(writes.map(({ guids }) => guids)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  first.end();
  (await written(2)).end();
  (await written(3)).end();
  await Promise.all(all);
  expect(writes[2]?.guids).toEqual(['e', 'f']);
});

test('a delivery is not told to be stored before the write has ended', async () => {
  const { commit, written } = heldStore();
  let told = false;
  const promise = commit(delivery('a')).then(() => (told = true));
  const write = await written(1);
  expect(told).toBe(false);
  write.end();
  await promise;
  expect(told).toBe(true);
});

test('the worker hears of deliveries while they are being written', async () => {
  const { commit, written, sent } = heldStore();
  const stored = commit(delivery('a'));
  const write = await written(1);
  await new Promise(setImmediate);
  expect(sent).toEqual([1]);
  write.end();
  await stored;
  expect(sent).toEqual([1]);
});

test('when a write fails all of its deliveries fail, and the next ones are tried', async () => {
  const { commit, written, sent } = heldStore();
  const lost = [commit(delivery('a')), commit(delivery('b'))];
  const outcome = Promise.allSettled(lost);
  (await written(1)).fail(new Error('gone'));
  expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = commit(delivery('c'));
  (await written(2)).end();
  await next;
  await new Promise(setImmediate);
  expect(sent).toEqual([2, 1]);
});

test('a write that does not end is given up in time, also by those who wait behind it', async () => {
  const { passDeadline } = holdTime();
  const { commit, written } = heldStore({ deadlineMs: DEADLINE_MS });
  const outcome = Promise.allSettled([commit(delivery('a')), commit(delivery('b'))]);
  await written(1);
  await passDeadline();
  for (const { status, ...rest } of await outcome) {
    expect({ status, ...rest }).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  }
});

test('a delivery that was given up while it waited is not written later', async () => {
  const { passDeadline } = holdTime();
  const { commit, written, writes } = heldStore({ deadlineMs: DEADLINE_MS, batch: 1 });
  const outcome = Promise.allSettled(['a', 'b', 'c'].map((guid) => commit(delivery(guid))));
  await written(2);
  await passDeadline();
  await outcome;
  const last = commit(delivery('d'));
  (await written(3)).end();
  await last;
  expect(writes.map(({ guids }) => guids)).toEqual([['a'], ['b'], ['d']]);
});

test('a write that never ends holds nothing up for longer than the deadline', async () => {
  const { passDeadline } = holdTime();
  const { commit, written } = heldStore({ deadlineMs: DEADLINE_MS });
  const given = expect(commit(delivery('a'))).rejects.toMatchObject({ code: 'unavailable' });
  await written(1);
  await passDeadline();
  await given;
  const next = commit(delivery('b'));
  (await written(2)).end();
  await next;
});

test('a write holds no more than so many deliveries and so many bytes, and a large one goes alone', async () => {
  const { commit, written, writes } = heldStore({ batch: 3, batchBytes: 100 });
  const all = [
    ...['a', 'b', 'c', 'd'].map((guid) => commit(delivery(guid))),
    commit(delivery('large', 500)),
    commit(delivery('e', 60)),
    commit(delivery('f', 60)),
  ];
  for (let count = 1; count <= 5; count += 1) (await written(count)).end();
  await Promise.all(all);
  expect(writes.map(({ guids }) => guids)).toEqual([['a', 'b', 'c'], ['d'], ['large'], ['e'], ['f']]);
});

test('when too much is waiting, more is refused at once', async () => {
  const { commit, written } = heldStore({ waitingBytes: 100 });
  const first = commit(delivery('a'));
  const one = await written(1);
  const second = commit(delivery('b', 80));
  await expect(commit(delivery('c', 30))).rejects.toMatchObject({ code: 'unavailable' });
  one.end();
  (await written(2)).end();
  await Promise.all([first, second]);
});

test('a thousand deliveries at once need a handful of writes', async () => {
  let writes = 0;
  const { commit, idle } = createCommitter({
    store: async () => {
      writes += 1;
      await new Promise(setImmediate);
    },
    onSent: () => undefined,
  });
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => commit(delivery(String(index)))));
  await idle();
  expect(writes).toBeLessThanOrEqual(3);
});
