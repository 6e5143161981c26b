import { expect, test } from '@jest/globals';
import { createBodyBudget } from '../../../app/http/body-budget.js';
import { parseJson, refuseDeep } from '../../../app/http/body.js';
import { createRateLimit } from '../../../app/http/rate-limit.js';
import { errorAnswer } from '../../../app/http/respond.js';
import { ERROR_STATUS, VitrineError, type ErrorCode } from '../../../src/shared/errors.js';

const LIMITS = {
  ...{ bytes: 100, largeBytes: 70, small: 20, heavy: 3, light: 5 },
  ...{ bytesPerSecond: 10, graceMs: 1_000 },
};
const FULL = expect.objectContaining({ code: 'unavailable' });

/** A budget whose time the test makes pass, and bodies that note whether they were ended. */
function setUp(limits: Partial<typeof LIMITS> = {}) {
  let ms = 0;
  const budget = createBodyBudget({ ...LIMITS, ...limits }, () => ms);
  const open = (from = 'github') => {
    let ended: unknown;
    const share = budget.open({ address: () => from, evict: (error) => (ended = error) });
    const add = (bytes: number) => {
      try {
        share.add(bytes);
      } catch (error) {
        share.release();
        throw error;
      }
    };
    return { ...share, add, ended: () => ended };
  };
  return { budget, open, pass: (more: number) => (ms += more) };
}

test('bodies take no more together than there is room for, and give it back', () => {
  const { budget, open } = setUp();
  const shares = Array.from({ length: 25 }, () => open());
  shares.slice(0, 20).forEach((share) => share.add(5));
  expect(() => shares[20]?.add(1)).toThrow(FULL);
  shares.slice(0, 21).forEach((share) => share.release());
  expect(() => shares[21]?.add(5)).not.toThrow();
  expect(budget.inFlight()).toBe(4);
});

test('a few large bodies do not block small ones', () => {
  const { open } = setUp({ heavy: 100 });
  const [one, two, small] = [open(), open(), open()];
  one.add(60);
  expect(() => two.add(21)).toThrow(FULL);
  two.release();
  expect(() => small.add(20)).not.toThrow();
});

test('bodies that sent nearly nothing do not count as heavy', () => {
  const { open } = setUp();
  Array.from({ length: 10 }, () => open()).forEach((share) => share.add(1));
  const heavy = Array.from({ length: 4 }, () => open());
  heavy.slice(0, 3).forEach((share) => share.add(6));
  expect(() => heavy[3]?.add(6)).toThrow(FULL);
});

test('a stalled body makes room for one that arrives, the oldest first, and one that is in progress does not', () => {
  const { open, pass } = setUp();
  const [oldest, moving, stalled] = [open('a'), open('b'), open('c')];
  for (const share of [oldest, moving, stalled]) share.add(6);
  pass(999);
  expect(() => open('d').add(6)).toThrow(FULL);
  pass(1);
  moving.add(14);
  const [first, second, third] = [open('d'), open('e'), open('f')];
  first.add(6);
  second.add(6);
  expect([oldest.ended(), stalled.ended()]).toEqual([FULL, FULL]);
  expect(() => third.add(6)).toThrow(FULL);
  expect([moving.ended(), first.ended(), second.ended()]).toEqual([undefined, undefined, undefined]);
});

test.each(['heavy', 'largeBytes', 'bytes'] as const)(
  'one address that takes all of the room (%s) makes room for others, and cannot push them out',
  (limit) => {
    const none = { heavy: 1_000, largeBytes: 1_000, bytes: 1_000 };
    const { open } = setUp({ ...none, [limit]: limit === 'heavy' ? 3 : 70 });
    const attack = Array.from({ length: 3 }, () => open('attacker'));
    for (const share of attack) share.add(21);
    const delivery = open('github');
    delivery.add(21);
    expect(attack.map(({ ended }) => ended())).toEqual([FULL, undefined, undefined]);
    for (let more = 0; more < 10; more += 1) expect(() => open('attacker').add(21)).toThrow(FULL);
    expect(delivery.ended()).toBeUndefined();
  },
);

test('a body that was ended gives its room back once', () => {
  const { open, pass } = setUp({ heavy: 1 });
  const stalled = open();
  stalled.add(6);
  pass(2_000);
  const next = open();
  next.add(6);
  stalled.release();
  expect(() => open().add(6)).toThrow(FULL);
});

test('a rate allows so many calls at once, and later as many as the time since then allows', () => {
  let ms = 0;
  const limit = createRateLimit({ times: 3, perMs: 3_000 }, { now: () => new Date(ms) });
  const tries = (count: number, key = 'a') =>
    Array.from({ length: count }, () => allowed(() => limit(key, 'Too many.')));
  expect(tries(5)).toEqual([true, true, true, false, false]);
  expect(tries(1, 'b')).toEqual([true]);
  ms += 1_000;
  expect(tries(2)).toEqual([true, false]);
  ms += 60_000;
  expect(tries(4)).toEqual([true, true, true, false]);
});

test('a refusal by rate has its own code', () => {
  const limit = createRateLimit({ times: 0, perMs: 1 }, { now: () => new Date(0) });
  expect(() => limit('a', 'Too many.')).toThrow(expect.objectContaining({ code: 'too_many_requests' }));
});

test.each([
  [0, true],
  [60, true],
  [200, false],
  [10_000, false],
])('JSON nested %d levels deep is taken: %p', (levels, taken) => {
  const value = parseJson(Buffer.from('['.repeat(levels + 1) + ']'.repeat(levels + 1)));
  expect(allowed(() => refuseDeep(value))).toBe(taken);
});

test.each(Object.entries(ERROR_STATUS) as [ErrorCode, number][])(
  '%s is answered with %d, its code and its message',
  (code, status) => {
    const answer = errorAnswer(
      new VitrineError(code, 'What to do.', { cause: new Error('mongodb://user:pw@host') }),
      'r1',
    );
    expect(answer).toMatchObject({
      status,
      body: { error: { code, message: 'What to do.', requestId: 'r1' } },
    });
    expect(JSON.stringify(answer)).not.toContain('pw@host');
  },
);

test.each([
  new TypeError('x of undefined'),
  Object.assign(new Error('Not Found'), { status: 404 }),
  'a string',
  undefined,
])('any other error (%p) is answered with 500 and without its text', (error) => {
  const answer = errorAnswer(error, 'r1');
  expect(answer.status).toBe(500);
  expect(JSON.stringify(answer)).not.toMatch(/undefined|Not Found|a string/);
});

test.each([503, 429])('an answer of %d says when to try again', (status) => {
  const code = status === 503 ? 'unavailable' : 'too_many_requests';
  expect(Number(errorAnswer(new VitrineError(code, 'm'), 'r').headers?.['retry-after'])).toBeGreaterThan(0);
});

function allowed(ask: () => void): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}
