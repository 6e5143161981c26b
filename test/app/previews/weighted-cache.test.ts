import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWeightedCache } from '../../../app/previews/weighted-cache.js';

const create = () => createWeightedCache<string>({ capacity: 10, weigh: (value) => value.length });

test('what was used stays, what was not used for longest goes', () => {
  const cache = create();
  cache.set('a', 'aaaa');
  cache.set('b', 'bbbb');
  cache.get('a');
  cache.set('c', 'cccc');
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['aaaa', undefined, 'cccc']);
});

test('a use counts once: what was used long ago goes before what is new', () => {
  const cache = createWeightedCache<string>({ capacity: 3, weigh: () => 1 });
  for (const key of ['a', 'b', 'c']) cache.set(key, key);
  cache.get('a');
  cache.set('d', 'd');
  cache.set('e', 'e');
  cache.set('f', 'f');
  expect(['a', 'd', 'e', 'f'].map((key) => cache.get(key))).toEqual([undefined, 'd', 'e', 'f']);
});

test('when all are used there is still room for what is new', () => {
  const cache = create();
  for (const key of ['a', 'b']) cache.set(key, key.repeat(5));
  for (const key of ['a', 'b', 'a']) cache.get(key);
  cache.set('c', 'ccccc');
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 'bbbbb', 'ccccc']);
});

test('what is asked for between any two new things is never driven out by things nobody asks for', () => {
  const cache = create();
  cache.set('hot', 'hot');
  for (let index = 0; index < 1_000; index += 1) {
    expect(cache.get('hot')).toBe('hot');
    cache.set(`cold-${index}`, 'cold');
  }
});

test('a value that takes the place of another has its own weight', () => {
  const cache = create();
  cache.set('a', 'aaaa');
  cache.set('a', 'aa');
  expect([cache.get('a'), cache.weight]).toEqual(['aa', 2]);
  cache.set('a', 'x'.repeat(11));
  expect([cache.get('a'), cache.weight]).toEqual([undefined, 0]);
});

test('something heavier than the whole cache is not kept, and drives nothing out', () => {
  const cache = create();
  cache.set('a', 'aaaa');
  cache.set('big', 'x'.repeat(11));
  expect([cache.get('a'), cache.get('big'), cache.weight]).toEqual(['aaaa', undefined, 4]);
});

test('the weight is always that of what is kept, and never over the capacity', () => {
  const keys = ['a', 'b', 'c', 'd'];
  const action = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom(Symbol('delete'), Symbol('get')));
  const step = fc.tuple(fc.constantFrom(...keys), action);
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const cache = create();
      for (const [key, value] of steps) {
        if (typeof value === 'string') cache.set(key, value);
        else if (value.description === 'get') cache.get(key);
        else cache.delete(key);
        expect(cache.weight).toBeLessThanOrEqual(10);
      }
      const kept = keys.map((key) => cache.get(key)?.length ?? 0);
      expect(cache.weight).toBe(kept.reduce((sum, length) => sum + length, 0));
    }),
  );
});
