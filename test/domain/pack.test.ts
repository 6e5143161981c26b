import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeMeta,
  decodePreface,
  encodeMeta,
  encodePreface,
  type PackMeta,
} from '../../src/domain/pack.js';

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
];
test.each(metas)('a head with %s is refused', (_, given) => {
  const bytes = Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
  expect(() => decodeMeta(bytes, preface)).toThrow(expect.objectContaining({ code: 'unprocessable' }));
  expect(decodeMeta(Buffer.from(JSON.stringify(valid)), preface)).toEqual(valid);
});
