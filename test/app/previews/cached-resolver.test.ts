import { expect, test } from '@jest/globals';
import type { Preview } from '../../../app/previews/preview.js';
import { createCachedResolver } from '../../../app/previews/resolve.js';

function setUp() {
  let time = 0;
  let loads = 0;
  const waiting: ((preview: Preview) => void)[] = [];
  const { resolve, forget } = createCachedResolver({
    load: () => {
      loads += 1;
      return new Promise((answer) => waiting.push(answer));
    },
    ttlMs: 1_000,
    now: () => time,
  });
  return {
    resolve,
    forget,
    loads: () => loads,
    answer: (p: Preview) => waiting.shift()?.(p),
    pass: (ms: number) => (time += ms),
  };
}
const UNKNOWN: Preview = { kind: 'unknown' };
const LIVE: Preview = {
  kind: 'live',
  deploymentId: 'd',
  projectId: 'p',
  root: 'r',
  spa: false,
};

test('many visitors at once are one look-up, and the next ones wait for nothing', async () => {
  const { resolve, loads, answer } = setUp();
  const visits = Promise.all([resolve('a'), resolve('a'), resolve('a')]);
  answer(LIVE);
  expect(await visits).toEqual([LIVE, LIVE, LIVE]);
  expect(resolve('a')).toBe(LIVE);
  expect(loads()).toBe(1);
});

test('after its time an answer is looked up again', async () => {
  const { resolve, loads, answer, pass } = setUp();
  const first = resolve('a');
  answer(UNKNOWN);
  await first;
  pass(1_001);
  const second = resolve('a');
  answer(LIVE);
  expect(await second).toBe(LIVE);
  expect(loads()).toBe(2);
});

test('a pointer that moved while it was looked up is looked up again', async () => {
  const { resolve, forget, loads, answer } = setUp();
  const old = resolve('a');
  forget('a');
  answer(UNKNOWN);
  expect(await old).toBe(UNKNOWN);
  const fresh = resolve('a');
  answer(LIVE);
  expect(await fresh).toBe(LIVE);
  expect(loads()).toBe(2);
});

test('a failed look-up is not kept', async () => {
  let fail = true;
  const { resolve } = createCachedResolver({
    load: async () => {
      if (fail) throw new Error('database away');
      return LIVE;
    },
    ttlMs: 1_000,
    now: () => 0,
  });
  await expect(resolve('a')).rejects.toThrow('database away');
  fail = false;
  expect(await resolve('a')).toBe(LIVE);
});
