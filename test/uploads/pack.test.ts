import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeMeta,
  decodePreface,
  encodeMeta,
  encodePreface,
  type PackMeta,
} from '../../src/uploads/pack.js';

const MIB = 1024 * 1024;
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const size = fc.nat({ max: 1_000_000 });
const blobs = fc.array(fc.tuple(hash, size), { maxLength: 10 });
const difference = fc.record({
  base: fc.option(hash),
  kept: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 9 })), { maxLength: 5 }),
  entries: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), hash, size), { maxLength: 5 }),
});
const meta = fc.record({ root: hash, manifest: fc.option(difference), text: blobs, raw: blobs });
const sum = (list: PackMeta['text']) => list.reduce((total, [, bytes]) => total + bytes, 0);

test('the head of a pack survives its bytes', () => {
  fc.assert(
    fc.property(meta, (given) => {
      const bytes = encodeMeta(given);
      const preface = {
        metaBytes: bytes.length,
        textBytes: sum(given.text),
        compressedBytes: 100,
        rawBytes: sum(given.raw),
      };
      const decoded = decodePreface(encodePreface(preface));
      expect(decoded).toEqual(preface);
      expect(decodeMeta(bytes, decoded)).toEqual(given);
    }),
  );
});

const preface = { metaBytes: 10, textBytes: 5, compressedBytes: 15, rawBytes: 5 };
const prefaces: [string, Buffer, string][] = [
  ['nothing', Buffer.alloc(0), 'unprocessable'],
  ['something else', Buffer.alloc(20), 'unprocessable'],
  ['too much', encodePreface({ ...preface, textBytes: 60 * MIB, rawBytes: 60 * MIB }), 'too_large'],
  ['a huge head', encodePreface({ ...preface, metaBytes: 33 * MIB }), 'too_large'],
  ['padding', encodePreface({ ...preface, compressedBytes: 2 * MIB }), 'unprocessable'],
];
test.each(prefaces)('a pack that begins with %s is refused', (_, bytes, code) => {
  expect(() => decodePreface(bytes)).toThrow(expect.objectContaining({ code }));
});

const valid = {
  root: 'ab'.repeat(32),
  manifest: null,
  text: [['cd'.repeat(32), 5]],
  raw: [['ef'.repeat(32), 5]],
};
const metas: [string, unknown][] = [
  ['no JSON', '{'],
  ['null', null],
  ['no root', { ...valid, root: undefined }],
  ['sizes that do not add up', { ...valid, text: [['cd'.repeat(32), 6]] }],
  [
    'a negative size',
    {
      ...valid,
      text: [
        ['cd'.repeat(32), 10],
        ['cd'.repeat(32), -5],
      ],
    },
  ],
  ['a name that is no hash', { ...valid, raw: [['../x', 5]] }],
  [
    'an entry without a path',
    { ...valid, manifest: { base: null, kept: [], entries: [[1, 'ab'.repeat(32), 5]] } },
  ],
  ['a file of half a byte', { ...valid, raw: [['ef'.repeat(32), 0.5]] }],
  ['a list that is none', { ...valid, raw: {} }],
];
test.each(metas)('a head with %s is refused', (_, given) => {
  const bytes = Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
  expect(() => decodeMeta(bytes, preface)).toThrow(expect.objectContaining({ code: 'unprocessable' }));
  expect(decodeMeta(Buffer.from(JSON.stringify(valid)), preface)).toEqual(valid);
});

const MILLION = 1_000_000;
const files = (count: number) => Array.from({ length: count }, () => ['cd'.repeat(32), 0]);
const bombs: [string, string][] = [
  ['millions of elements', `{"text":[0${',0'.repeat(5 * MILLION)}]}`],
  ['millions of lists in each other', `{"text":${'['.repeat(5 * MILLION)}`],
  ['millions of objects', `{"text":[{}${',{}'.repeat(4 * MILLION)}]}`],
  ['more files than an upload may have', JSON.stringify({ ...valid, text: files(50_001) })],
  ['wrong files only', JSON.stringify({ ...valid, text: Array.from({ length: 50_000 }, () => [0, '']) })],
];
test.each(bombs)('a head with %s is refused in a few words', (_, text) => {
  const bytes = Buffer.from(text);
  expect(() => decodeMeta(bytes, preface)).toThrow(
    expect.objectContaining({ code: 'unprocessable', message: expect.stringMatching(/^.{10,700}$/s) }),
  );
});

test('a head for the largest upload is taken, brackets and commas in its paths too', () => {
  const path = (index: number) => `${'",[{'.repeat(20)}\\${index}${'x'.repeat(60)}`;
  const hashOf = (index: number) => index.toString(16).padStart(64, '0');
  const all = Array.from({ length: 50_000 }, (_, index): [string, string, number] => [
    path(index),
    hashOf(index),
    104_857_600,
  ]);
  const kept = all.map((_, index): [number, number] => [2 * index, 1]);
  const text = all.map(([, digest]): [string, number] => [digest, 0]);
  const given: PackMeta = { root: hashOf(1), manifest: { base: null, kept, entries: all }, text, raw: [] };
  const bytes = encodeMeta(given);
  const sizes = { metaBytes: bytes.length, textBytes: 0, compressedBytes: 100, rawBytes: 0 };
  expect(decodePreface(encodePreface(sizes))).toEqual(sizes);
  expect(encodeMeta(decodeMeta(bytes, sizes)).equals(bytes)).toBe(true);
});
