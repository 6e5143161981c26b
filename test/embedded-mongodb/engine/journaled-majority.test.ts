import { expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { journaledMajority } from '../../../embedded-mongodb/engine/journaled-majority.js';

const { BSON } = mongo;
const OP_MSG = 2013;

type Fields = Record<string, unknown>;

/** A request as drivers send it; the documents lie in a section of their own, before or after the command. */
function message(command: Fields, documents: { before?: Fields[]; after?: Fields[] } = {}): Buffer {
  const sections = [
    ...(documents.before ? [beside(documents.before)] : []),
    Buffer.from([0]),
    BSON.serialize(command),
    ...(documents.after ? [beside(documents.after)] : []),
  ];
  const bytes = Buffer.concat([Buffer.alloc(20), ...sections]);
  [bytes.length, 7, 0, OP_MSG, 0].forEach((value, index) => bytes.writeInt32LE(value, index * 4));
  return bytes;
}

function beside(documents: Fields[]): Buffer {
  const body = Buffer.concat([Buffer.from('documents\0'), ...documents.map((each) => BSON.serialize(each))]);
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeInt32LE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const EVERY_TYPE = {
  insert: 'things',
  double: 1.5,
  text: 'höhe',
  inside: { writeConcern: { w: 'majority' }, list: [1, { deep: true }] },
  bytes: new BSON.Binary(Buffer.from([0, 1, 2])),
  id: new BSON.ObjectId(),
  yes: true,
  at: new Date(0),
  nothing: null,
  pattern: /a+b/i,
  code: new BSON.Code('return 1'),
  scoped: new BSON.Code('return n', { n: 1 }),
  symbol: new BSON.BSONSymbol('s'),
  small: 1,
  stamp: BSON.Timestamp.fromBits(1, 2),
  large: BSON.Long.fromNumber(2 ** 40),
  exact: BSON.Decimal128.fromString('1.10'),
  least: new BSON.MinKey(),
  most: new BSON.MaxKey(),
} as const;

test('a write for a majority becomes one for this server and its journal, whatever stands around it', () => {
  const asked = { ...EVERY_TYPE, writeConcern: { w: 'majority', j: true, wtimeout: 5 }, $db: 'vitrine' };
  const wanted = { ...asked, writeConcern: { w: 1, j: true } };
  const documents = [{ _id: 'one' }, { _id: 'two', writeConcern: { w: 'majority' } }];
  expect(journaledMajority(message(asked))).toEqual(message(wanted));
  expect(journaledMajority(message(asked, { after: documents }))).toEqual(
    message(wanted, { after: documents }),
  );
  expect(journaledMajority(message(asked, { before: documents }))).toEqual(
    message(wanted, { before: documents }),
  );
});

test('a majority without a word about the journal waits for it too, as in a replica set', () => {
  const asked = { insert: 'things', writeConcern: { w: 'majority' }, $db: 'vitrine' };
  expect(journaledMajority(message(asked))).toEqual(message({ ...asked, writeConcern: { w: 1, j: true } }));
});

test.each<[string, Fields]>([
  ['no write concern', { insert: 'things', $db: 'vitrine' }],
  ['another write concern', { insert: 'things', writeConcern: { w: 1, j: false }, $db: 'vitrine' }],
  ['no wish for a journal', { insert: 'things', writeConcern: { w: 'majority', j: false }, $db: 'vitrine' }],
  ['a write concern inside of data', { insert: 'things', documents: [{ writeConcern: { w: 'majority' } }] }],
  ['a write concern that is none', { insert: 'things', writeConcern: 'majority', w: 'majority' }],
])('a message with %s stays as it is', (_, command) => {
  const bytes = message(command);
  const copy = Buffer.from(bytes);
  expect(journaledMajority(bytes)).toBe(bytes);
  expect(bytes).toEqual(copy);
});

test('a message that is not in the form of today stays as it is', () => {
  const bytes = message({ insert: 'things', writeConcern: { w: 'majority' } });
  bytes.writeInt32LE(2004, 12);
  expect(journaledMajority(bytes)).toBe(bytes);
});

test.each([-1, 0, 3, 1_000_000])(
  'a document that claims a length of %i is refused, not read on and on',
  (length) => {
    const bytes = message({ inside: { n: 1 }, writeConcern: { w: 'majority' } });
    const inside = bytes.indexOf('inside') + 'inside'.length + 1;
    bytes.writeInt32LE(length, inside);
    expect(() => journaledMajority(bytes)).toThrow(RangeError);
  },
);
