import { expect, test } from '@jest/globals';
import { findSkipWord, SKIP_WORDS } from '../../src/settings/skip-words.js';

test.each([
  ['[skip preview]', '[skip preview]'],
  ['Fix it [skip preview]', '[skip preview]'],
  ['Fix it ([Skip  Preview]).', '[skip preview]'],
  ['line one\n\n[preview skip]\n', '[preview skip]'],
  ['a[skip preview] but also [skip preview]', '[skip preview]'],
  ['foo[skip preview]bar', undefined],
  ['foo[skip preview]', undefined],
  ['[skip preview]bar', undefined],
  ['é[skip preview]', undefined],
  ['𝒜[skip preview]', undefined],
  ['[skip previews]', undefined],
  ['   ', undefined],
  ['', undefined],
])('%j says %s', (text, expected) => {
  expect(findSkipWord(text, SKIP_WORDS)).toBe(expected);
});

test('an empty word is in no text', () => {
  expect(findSkipWord('anything', ['', ' '])).toBeUndefined();
});
