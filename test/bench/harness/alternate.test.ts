import { expect, test } from '@jest/globals';
import { alternate, rotated } from '../../../bench/harness/alternate.js';

test('everybody is measured once a round, and each round begins with somebody else', async () => {
  const order: string[] = [];
  await alternate({
    names: ['a', 'b', 'c'],
    rounds: 3,
    measure: async (name, round) => {
      order.push(`${name}${round}`);
      return {};
    },
  });
  expect(order).toEqual(['a0', 'b0', 'c0', 'b1', 'c1', 'a1', 'c2', 'a2', 'b2']);
});

test('the figures of a contender come back in the order of the rounds', async () => {
  const samples = await alternate({
    names: ['a', 'b'],
    rounds: 3,
    measure: async (name, round) => ({ speed: name === 'a' ? round : 10 * round }),
  });
  expect(samples.of('a', 'speed')).toEqual([0, 1, 2]);
  expect(samples.of('b', 'speed')).toEqual([0, 10, 20]);
  expect(samples.of('b', 'weight')).toEqual([]);
});

test('a peer that took no part is not here, which is not the same as slow', async () => {
  const samples = await alternate({ names: ['a'], rounds: 1, measure: async () => ({ speed: 1 }) });
  expect(samples.against('a', 'speed')).toEqual([1]);
  expect(samples.against('b', 'speed')).toBeNull();
});

test.each([
  { by: 0, turned: [1, 2, 3] },
  { by: 2, turned: [3, 1, 2] },
  { by: 4, turned: [2, 3, 1] },
])('three turned by $by are $turned', ({ by, turned }) => {
  expect(rotated([1, 2, 3], by)).toEqual(turned);
});
