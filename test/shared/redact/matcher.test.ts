import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createIndex } from '../../../src/shared/redact/matcher.js';

const word = fc.string({ unit: fc.constantFrom('a', 'b', '\uffff'), maxLength: 6 });

test('the longest word at a place is found, as by trying them all', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), word, fc.nat(6), (words, text, at) => {
      const fits = words.filter((one) => text.startsWith(one, at)).map(({ length }) => length);
      return createIndex(words).longestAt(text, at) === (at < text.length ? Math.max(0, ...fits) : 0);
    }),
    { numRuns: 3_000 },
  );
});

test('the rest of a text is the beginning of a longer word, or it is not', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), word, fc.nat(5), (words, text, at) => {
      const rest = text.slice(at);
      const longer = words.some((one) => one.length > rest.length && one.startsWith(rest));
      return rest === '' || createIndex(words).isBeginning(text, at) === longer;
    }),
    { numRuns: 3_000 },
  );
});

test('without words nothing is found', () => {
  const index = createIndex(['']);
  expect([index.longest, index.longestAt('a', 0), index.isBeginning('a', 0)]).toEqual([0, 0, false]);
});
