import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createSharedRate, overLimit, rateHeaders } from '../../../app/http/shared-rate.js';

/** Counts as the database does, for all processes; it may be down. */
function counts() {
  const windows = new Map<string, number>();
  return {
    down: false,
    calls: 0,
    async add(window: string, { count }: { count: number }) {
      this.calls += 1;
      if (this.down) throw new Error('down');
      windows.set(window, (windows.get(window) ?? 0) + count);
      return windows.get(window) ?? 0;
    },
  };
}

function process(store: ReturnType<typeof counts>, times = 100) {
  const time = { ms: 60_000 };
  const take = createSharedRate({
    name: 'people',
    rate: { times, perMs: 60_000 },
    clock: { now: () => new Date(time.ms) },
    store,
  });
  return { take, time };
}

/** How many of so many requests are let through, each in a turn of its own. */
async function allowed(take: ReturnType<typeof createSharedRate>, requests: number, key = 'a') {
  let passed = 0;
  for (let index = 0; index < requests; index += 1) {
    passed += Number(take(key).allowed);
    await turn();
  }
  return passed;
}

test('a window lets so many requests of each caller through, and says how many are left', async () => {
  const { take, time } = process(counts());
  expect(rateHeaders(take('a'))).toEqual({
    'ratelimit-limit': '100',
    'ratelimit-remaining': '99',
    'ratelimit-reset': '60',
    'ratelimit-policy': '100;w=60',
  });
  expect(await allowed(take, 150)).toBe(99);
  expect(await allowed(take, 5, 'b')).toBe(5);
  time.ms += 59_500;
  const over = take('a');
  expect(over).toMatchObject({ allowed: false, remaining: 0, resetSeconds: 1 });
  expect(overLimit(over, 'Too many.')).toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 1 });
  time.ms += 500;
  expect(await allowed(take, 150)).toBe(100);
});

test('two processes let through as many as one, and one twentieth more at most', async () => {
  const store = counts();
  const [one, two] = [process(store), process(store)];
  expect(await allowed(one.take, 150)).toBe(100);
  expect(await allowed(two.take, 150)).toBeLessThanOrEqual(6);
});

test('a caller that asks seldom costs no write, and one that asks often costs twenty', async () => {
  const store = counts();
  const { take } = process(store);
  await allowed(take, 4);
  expect(store.calls).toBe(0);
  await allowed(take, 146);
  expect(store.calls).toBe(20);
});

test('while the database is down, each process counts alone', async () => {
  const store = counts();
  store.down = true;
  const { take } = process(store);
  expect(await allowed(take, 150)).toBe(100);
});
