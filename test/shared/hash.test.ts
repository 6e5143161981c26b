import { expect, test } from '@jest/globals';
import { hashBytes, isHash } from '../../src/shared/hash.js';

test('bytes are named by their SHA-256 in lower-case hex', () => {
  const hash = hashBytes(new Uint8Array());
  expect(hash).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect([hash, hash.toUpperCase(), hash.slice(1), 7].map(isHash)).toEqual([true, false, false, false]);
});
