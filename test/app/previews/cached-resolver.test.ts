import { expect, test } from '@jest/globals';
import type { FoundHost } from '../../../app/previews/visit.js';
import { createCachedResolver } from '../../../app/previews/resolve.js';
import { VitrineError } from '../../../src/shared/errors.js';

function setUp() {
  let time = 0;
  let loads = 0;
  const waiting: ((found: FoundHost) => void)[] = [];
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
    answer: (found: FoundHost) => waiting.shift()?.(found),
    pass: (ms: number) => (time += ms),
  };
}
const UNKNOWN: FoundHost = { preview: { kind: 'unknown' }, access: null };
const LIVE: FoundHost = {
  preview: { kind: 'live', deploymentId: 'd', projectId: 'p', root: 'r', spa: false },
  access: null,
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

const AWAY = new VitrineError('unavailable', 'The database does not answer.');

/** A resolver that has shown LIVE at `a`, and whose database answers as the test says from then on. */
async function afterVisit() {
  let time = 0;
  let answer: () => Promise<FoundHost> = async () => LIVE;
  const { resolve, forget } = createCachedResolver({
    load: () => answer(),
    ttlMs: 1_000,
    now: () => time,
    patience: { knownMs: 1, unknownMs: 1 },
  });
  await resolve('a');
  time += 1_001;
  return {
    resolve,
    forget,
    pass: (ms: number) => (time += ms),
    from: (next: typeof answer) => (answer = next),
  };
}

test.each([
  ['refuses', () => Promise.reject(AWAY)],
  ['hangs', () => new Promise<FoundHost>(() => undefined)],
])(
  'while the database %s, a preview stays what it was, and only the first visitor waits',
  async (_how, away) => {
    const { resolve, pass, from } = await afterVisit();
    from(away);
    expect(await resolve('a')).toBe(LIVE);
    for (let visits = 0; visits < 5; visits += 1) {
      pass(1_001);
      expect(resolve('a')).toBe(LIVE);
      await new Promise(setImmediate);
    }
  },
);

test('a preview that was not visited before, or did not exist, is unavailable while the database is away', async () => {
  const { resolve, pass, from } = await afterVisit();
  from(async () => UNKNOWN);
  expect(await resolve('none')).toBe(UNKNOWN);
  pass(1_001);
  from(() => new Promise(() => undefined));
  for (const label of ['b', 'none'])
    await expect(resolve(label)).rejects.toMatchObject({ code: 'unavailable' });
});

test('when the database is back, what it says is shown again', async () => {
  const { resolve, pass, from } = await afterVisit();
  from(() => Promise.reject(AWAY));
  expect(await resolve('a')).toBe(LIVE);
  const moved = { ...LIVE, deploymentId: 'e' };
  from(async () => moved);
  pass(1_001);
  resolve('a');
  await new Promise(setImmediate);
  expect(resolve('a')).toBe(moved);
});

test('what this process replaced is never shown again, also while the database is away', async () => {
  const { resolve, forget, from } = await afterVisit();
  from(() => Promise.reject(AWAY));
  forget('a');
  await expect(resolve('a')).rejects.toBe(AWAY);
});
