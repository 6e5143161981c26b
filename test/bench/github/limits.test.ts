import { expect, test } from '@jest/globals';
import { createLimiter } from '../../../bench/github/limits.js';

function limiterAt(start: number) {
  const clock = { now: start };
  return { clock, limiter: createLimiter(() => clock.now) };
}

function admitMany(
  limiter: ReturnType<typeof createLimiter>,
  { count, method, who = 'one' }: { count: number; method: string; who?: string },
) {
  return Array.from({ length: count }, () => {
    const admitted = limiter.admit({ who, method });
    if (admitted) limiter.release();
    return admitted;
  }).filter(Boolean).length;
}

test.each([
  { method: 'POST', most: 80 },
  { method: 'PATCH', most: 180 },
  { method: 'GET', most: 900 },
])('the mock lets $most calls of $method in a minute, as GitHub does', ({ method, most }) => {
  const { clock, limiter } = limiterAt(0);
  expect(admitMany(limiter, { count: 1000, method })).toBe(most);
  clock.now = 60_001;
  expect(admitMany(limiter, { count: 1, method })).toBe(1);
});

test('limits are those of one installation', () => {
  const { limiter } = limiterAt(0);
  expect(admitMany(limiter, { count: 100, method: 'POST', who: 'one' })).toBe(80);
  expect(admitMany(limiter, { count: 100, method: 'POST', who: 'other' })).toBe(80);
});

test('at most a hundred calls are under way at once', () => {
  const { limiter } = limiterAt(0);
  const admitted = Array.from({ length: 150 }, () => limiter.admit({ who: 'one', method: 'GET' }));
  expect(admitted.filter(Boolean)).toHaveLength(100);
  limiter.release();
  expect(limiter.admit({ who: 'one', method: 'GET' })).toBe(true);
});
