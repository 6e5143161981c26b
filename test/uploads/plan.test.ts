import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { PlanAnswer } from '../../src/contract/uploads.js';
import fc from 'fast-check';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import {
  missingAfter,
  contentKey,
  decodePlan,
  encodePlan,
  indicesOf,
  keyOf,
  missingContents,
  missingRanges,
  toRanges,
  type UploadPlan,
} from '../../src/uploads/plan.js';

const root = 'ab'.repeat(32);
const plan = (over: Partial<UploadPlan> = {}): UploadPlan => ({
  root,
  bytes: 10,
  base: 'any',
  keys: new BigUint64Array([1n, 2n]),
  ...over,
});

test('a plan survives its bytes', () => {
  const anyPlan = fc.record({
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    bytes: fc.nat({ max: 2 ** 30 }),
    base: fc.constantFrom('any' as const, 'none' as const),
    keys: fc
      .uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
      .map((keys) => BigUint64Array.from(keys).sort()),
  });
  fc.assert(fc.property(anyPlan, (given) => expect(decodePlan(encodePlan(given))).toEqual(given)));
});

test('five thousand files are named in 40 kB', () => {
  const keys = BigUint64Array.from({ length: 5_000 }, (_, n) => BigInt(n));
  expect(encodePlan(plan({ keys })).length).toBeLessThan(40_100);
});

const good = encodePlan(plan());
const refused: [string, Buffer, string][] = [
  ['empty', Buffer.alloc(0), 'bad_request'],
  ['another kind of body', Buffer.concat([Buffer.from('{'), good.subarray(1)]), 'bad_request'],
  ['cut off', good.subarray(0, -1), 'bad_request'],
  ['too long', Buffer.concat([good, Buffer.alloc(1)]), 'bad_request'],
  ['a key twice', encodePlan(plan({ keys: new BigUint64Array([1n, 1n]) })), 'bad_request'],
  ['keys out of order', encodePlan(plan({ keys: new BigUint64Array([2n, 1n]) })), 'bad_request'],
  ['more bytes than a preview may have', encodePlan(plan({ bytes: 2 ** 31 })), 'too_large'],
  [
    'more files than a preview may have',
    encodePlan(plan({ keys: BigUint64Array.from({ length: 50_001 }, (_, n) => BigInt(n)) })),
    'too_large',
  ],
];
test.each(refused)('a plan that is %s is refused', (_, bytes, code) => {
  expect(() => decodePlan(bytes)).toThrow(expect.objectContaining({ code }));
});

test('the key of a file is the start of the SHA-256 of its path and hash', () => {
  const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();
  const key = keyOf({ path: 'a/ü.html', hash: root });
  expect(key.toString(16).padStart(16, '0')).toBe(sha256(`a/ü.html\0${root}`).toString('hex').slice(0, 16));
  expect(keyOf({ path: 'a/ü.htm', hash: root })).not.toBe(key);
});

test('indices survive as ranges, in few characters', () => {
  const ascending = fc.uniqueArray(fc.nat({ max: 500 })).map((indices) => indices.sort((a, b) => a - b));
  fc.assert(fc.property(ascending, (indices) => expect(indicesOf(toRanges(indices), 501)).toEqual(indices)));
  expect(toRanges(Array.from({ length: 5_000 }, (_, n) => n))).toEqual([[0, 5_000]]);
});

test.each([
  [[[0, 3]], 2],
  [
    [
      [2, 1],
      [1, 1],
    ],
    5,
  ],
  [
    [
      [0, 2],
      [1, 1],
    ],
    5,
  ],
  [[[0, 0]], 5],
  [[[0, 2 ** 40]], 5],
] as [[number, number][], number][])('the ranges %j of %i files are refused', (ranges, length) => {
  expect(indicesOf(ranges, length)).toBeNull();
});

test('an answer from a server is checked before it is believed', () => {
  const answer = { root, known: false, base: null, kept: [], entries: [[0, 2]], blobs: [[0, 2]] };
  expect(PlanAnswer().safeParse(answer).success).toBe(true);
  for (const wrong of [
    { root: 'x' },
    { base: 7 },
    { blobs: [[-1, 2]] },
    { entries: [[0.5, 1]] },
    { kept: null },
  ]) {
    expect(PlanAnswer().safeParse({ ...answer, ...wrong }).success).toBe(false);
  }
});

const file = (path: string, digit: number, size = 5): ArtifactFile => ({
  path,
  hash: String(digit).repeat(64),
  size,
});
const files = [file('a', 1), file('b', 2), file('c', 1), file('d', 3)];

test('everything is missing of which nothing is known', () => {
  expect(missingRanges(files, [])).toEqual([[0, 4]]);
  expect(missingRanges(files, [file('elsewhere', 1)])).toEqual([
    [1, 1],
    [3, 1],
  ]);
});

test('a content that arrives settles every file that has it, and what arrived before stays settled', () => {
  const first = missingAfter({ files, owed: missingRanges(files, []) }, [file('a', 1)]);
  expect(first).toEqual([
    [1, 1],
    [3, 1],
  ]);
  const second = missingAfter({ files, owed: first }, [file('b', 2), file('d', 3)]);
  expect(second).toEqual([]);
  expect(missingAfter({ files, owed: second }, [])).toEqual([]);
});

test('a file with a wrong size stays missing for ever', () => {
  const twice = [file('a', 1, 5), file('b', 1, 7)];
  expect(missingAfter({ files: twice, owed: [[0, 2]] }, [file('a', 1, 5)])).toEqual([[1, 1]]);
});

test('an upload that lists nothing as missing has everything', () => {
  expect(missingContents({ files })).toEqual(new Set());
  expect(missingContents({ files, owed: [[3, 1]] })).toEqual(new Set([contentKey(file('d', 3))]));
});
