import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { slug } from '../../src/shared/slug.js';
import { BRANCH_NAMES } from './branch-names.js';

const SHAPE = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

test.each(['main', 'pr-42', 'feat-a-b', 'my-frontend', 'a', '0', 'release-1-2', 'a'.repeat(40)])(
  '%s is its own slug',
  (name) => {
    expect(slug(name)).toBe(name);
  },
);

test.each([
  ['feat/a_b', /^feat-a-b-[0-9][a-z0-9]{7}$/],
  ['Feature/X', /^feature-x-[0-9][a-z0-9]{7}$/],
  ['café', /^cafe-[0-9][a-z0-9]{7}$/],
  ['ｍａｉｎ', /^main-[0-9][a-z0-9]{7}$/],
  ['xn--a', /^xn-a-[0-9][a-z0-9]{7}$/],
  ['a-', /^a-[0-9][a-z0-9]{7}$/],
  ['', /^x-[0-9][a-z0-9]{7}$/],
  ['🚀🚀', /^x-[0-9][a-z0-9]{7}$/],
  ['b'.repeat(41), /^b{31}-[0-9][a-z0-9]{7}$/],
])('%j reads as its slug and carries a hash', (name, expected) => {
  expect(slug(name)).toMatch(expected);
});

test('the hash of a name never changes: hosts and namespaces are built from it', () => {
  expect(slug('feat/a_b')).toBe('feat-a-b-7zlf9f3r');
});

test.each([
  ['feat/a_b', 'feat-a-b'],
  ['feat/a_b', 'feat_a/b'],
  ['Feature/X', 'feature/x'],
  ['caf\u00e9', 'cafe\u0301'],
  ['feat/a_b', slug('feat/a_b')],
  ['\ud800', '\udc00'],
  ['', 'x'],
])('%j and %j never meet', (one, other) => {
  expect(slug(one)).not.toBe(slug(other));
});

test.each(BRANCH_NAMES)(
  'branch name %j becomes a label that DNS, a namespace and a folder accept',
  (name) => {
    expect(slug(name)).toMatch(SHAPE);
    expect(slug(name).length).toBeLessThanOrEqual(40);
  },
);

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: fc.constantFrom('a', 'A', '-', '_', '/', '0', 'é', '.'), maxLength: 60 }),
);

test('every name of every length gives a label within the limit, always the same', () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 10, max: 63 }), (name, max) => {
      const label = slug(name, max);
      return SHAPE.test(label) && label.length <= max && !label.includes('--') && slug(name, max) === label;
    }),
    { numRuns: 2_000 },
  );
});

test('two different names never collide', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(nasty, (name) => {
      for (const each of [name, slug(name)]) {
        const before = seen.get(slug(each));
        if (before !== undefined && before !== each) return false;
        seen.set(slug(each), each);
      }
      return true;
    }),
    { numRuns: 5_000 },
  );
});
