import { expect, test } from '@jest/globals';
import { createLeaseWorker, type LeaseWorkerOptions } from '../../../app/workers/lease-worker.js';

function fakeWorker(options: Partial<LeaseWorkerOptions<string>> & { items?: string[] } = {}) {
  const { items = [], ...rest } = options;
  const lines: string[] = [];
  const claims: number[] = [];
  const made = createLeaseWorker<string>({
    name: 'test',
    log: (level, message) => lines.push(`${level} ${message}`),
    claim: async (room) => {
      claims.push(room);
      return items.splice(0, room);
    },
    work: async () => undefined,
    room: () => 2,
    pollMs: 60_000,
    ...rest,
  });
  return { ...made, items, lines, claims };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('draining works on everything that can be claimed, and returns the number of items', async () => {
  const worked: string[] = [];
  const { drain } = fakeWorker({
    items: ['a', 'b', 'c', 'd', 'e'],
    work: async (item) => void worked.push(item),
  });
  expect(await drain()).toBe(5);
  expect(worked).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await drain()).toBe(0);
});

test('no more items are in work at once than there is room for', async () => {
  let running = 0;
  let most = 0;
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  };
  const { start, stop, items } = fakeWorker({ items: [...'abcdefgh'], work, room: () => 3 });
  start();
  await until(() => items.length === 0 && running === 0);
  expect(most).toBe(3);
  await stop(1_000);
});

test('a worker goes on as soon as there is more room', async () => {
  const worked: string[] = [];
  const ends: (() => void)[] = [];
  let room = 1;
  const { start, poke, stop, isFull, items } = fakeWorker({
    room: () => room,
    work: (item) => {
      worked.push(item);
      return new Promise<void>((resolve) => ends.push(resolve));
    },
  });
  start();
  items.push('a', 'b', 'c');
  poke({ items: 3 });
  await until(() => worked.length === 1);
  expect(isFull()).toBe(true);
  room = 3;
  ends[0]?.();
  await until(() => worked.length === 3);
  expect(isFull()).toBe(false);
  for (const end of ends) end();
  await stop(1_000);
});

test('a poke starts work at once, not at the next poll', async () => {
  const worked: string[] = [];
  const { start, poke, stop, items, claims } = fakeWorker({ work: async (item) => void worked.push(item) });
  start();
  await until(() => claims.length === 1);
  items.push('new');
  poke();
  await until(() => worked.length === 1);
  await stop(1_000);
});

test('a poke during a claim is not lost', async () => {
  const worked: string[] = [];
  const late: string[] = [];
  let claims = 0;
  const { start, poke, stop } = fakeWorker({
    claim: async (room) => {
      claims += 1;
      const found = late.splice(0, room);
      if (claims === 1) {
        late.push('while claiming');
        poke();
      }
      return found;
    },
    work: async (item) => void worked.push(item),
  });
  start();
  await until(() => worked.length === 1);
  await stop(1_000);
});

test('after a poke the worker looks for as many items as it was told of, and no more', async () => {
  const worked: string[] = [];
  const { start, poke, stop, items, claims } = fakeWorker({
    room: () => 4,
    work: async (item) => void worked.push(item),
  });
  start();
  await until(() => claims.length === 1);
  items.push('a', 'b');
  poke({ items: 2 });
  await until(() => worked.length === 2);
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  expect(claims).toHaveLength(2);
  await stop(1_000);
});

test('an item that became due again during its work is looked for after it', async () => {
  let finish: () => void = () => undefined;
  const worked: string[] = [];
  const { start, poke, stop, items, claims } = fakeWorker({
    keyOf: (item) => item,
    work: (item) => {
      worked.push(item);
      return new Promise<void>((resolve) => (finish = resolve));
    },
  });
  start();
  await until(() => claims.length === 1);
  items.push('a');
  poke({ key: 'a' });
  await until(() => worked.length === 1);
  poke({ key: 'a' });
  await until(() => claims.length === 3);
  items.push('a');
  finish();
  await until(() => worked.length === 2);
  finish();
  await stop(1_000);
});

test('an item that its poke was faster than is looked for again soon', async () => {
  const worked: string[] = [];
  const { start, poke, stop, items, claims } = fakeWorker({
    againMs: [1, 1, 1],
    work: async (item) => void worked.push(item),
  });
  start();
  await until(() => claims.length === 1);
  poke();
  await until(() => claims.length === 3);
  items.push('late');
  await until(() => worked.length === 1);
  await stop(1_000);
});

test('a failing claim is logged once, and its recovery once', async () => {
  let up = false;
  let claims = 0;
  const { start, poke, stop, lines } = fakeWorker({
    claim: async () => {
      claims += 1;
      if (!up) throw new Error('no database');
      return [];
    },
  });
  start();
  for (let count = 1; count <= 3; count += 1) {
    poke();
    await until(() => claims >= count);
  }
  up = true;
  poke();
  await until(() => lines.length === 2);
  expect(lines).toEqual(['error test: cannot claim work', 'info test: claiming works again']);
  await stop(1_000);
});

test('stopping waits for the items in work, claims nothing more, and does not wait forever', async () => {
  let finish: () => void = () => undefined;
  let ended = false;
  const work = () => new Promise<void>((resolve) => (finish = resolve)).then(() => void (ended = true));
  const patient = fakeWorker({ items: ['a', 'b', 'c'], work, room: () => 1 });
  patient.start();
  await until(() => patient.items.length === 2);
  const stopped = patient.stop(60_000);
  finish();
  await stopped;
  expect({ ended, left: patient.items }).toEqual({ ended: true, left: ['b', 'c'] });
  const hanging = fakeWorker({ items: ['a'], work: () => new Promise<void>(() => undefined) });
  hanging.start();
  await until(() => hanging.items.length === 0);
  await hanging.stop(20);
});

/** A claim that runs until the test gives it items. */
function slowClaim() {
  let arrive: (items: string[]) => void = () => undefined;
  const answer = new Promise<string[]>((resolve) => (arrive = resolve));
  let asked = 0;
  const claim = () => {
    asked += 1;
    return asked === 1 ? answer : Promise.resolve([]);
  };
  return { arrive, claim, asked: () => asked };
}

test('stopping waits for a running claim and for the items that it returns', async () => {
  const slow = slowClaim();
  const worked: string[] = [];
  const work = async (item: string) => {
    await new Promise(setImmediate);
    worked.push(item);
  };
  const { start, stop } = fakeWorker({ claim: slow.claim, work });
  start();
  await until(() => slow.asked() === 1);
  const stopped = stop(60_000);
  slow.arrive(['a', 'b']);
  await stopped;
  expect({ worked, claims: slow.asked() }).toEqual({ worked: ['a', 'b'], claims: 1 });
});

test('items that are claimed after stopping gave up waiting are left to their lease', async () => {
  const slow = slowClaim();
  const worked: string[] = [];
  const { start, stop, drain } = fakeWorker({
    claim: slow.claim,
    work: async (item) => void worked.push(item),
  });
  start();
  await until(() => slow.asked() === 1);
  await stop(20);
  slow.arrive(['too late']);
  await drain();
  expect(worked).toEqual([]);
});
