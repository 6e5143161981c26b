const OP_MSG = 2013;

const SECTIONS_AT = 20;

const SECTION = { body: 0, documents: 1 } as const;

/** `w: 'majority'`, type byte and all: most messages do not hold it and are passed on unread. */
const MAJORITY = Buffer.from('\x02w\0\x09\0\0\0majority\0', 'latin1');

/** `{ w: 1, j: true }` */
const ONE_JOURNALED = Buffer.from('\x10\0\0\0\x10w\0\x01\0\0\0\x08j\0\x01\0', 'latin1');

/**
 * Turns a request for a majority into one for this server's journal. On a single server both mean the same, but since 8.0
 * MongoDB waits for the journal with `w: 1` only: with a majority it starts the flush and leaves the waiting to replication, which
 * a single server does not have, and so a `kill -9` loses acknowledged writes. https://jira.mongodb.org/browse/SERVER-139311
 */
export function journaledMajority(message: Buffer): Buffer {
  if (message.readInt32LE(12) !== OP_MSG || !message.includes(MAJORITY)) return message;
  const body = bodyAt(message);
  if (body === undefined) return message;
  const concern = [...bsonElements(message, body)].find(({ name }) => name === 'writeConcern');
  if (concern?.type !== BSON.document || !wantsMajority(message, concern)) return message;
  const parts = [message.subarray(0, concern.start), ONE_JOURNALED, message.subarray(concern.end)];
  const changed = Buffer.concat(parts);
  changed.writeInt32LE(message.readInt32LE(body) + changed.length - message.length, body);
  changed.writeInt32LE(changed.length, 0);
  return changed;
}

/** Where the command itself lies: documents to write may stand beside it in sections of their own. */
function bodyAt(message: Buffer): number | undefined {
  let at = SECTIONS_AT;
  while (at < message.length && message[at] === SECTION.documents) {
    at += 1 + Math.max(4, message.readInt32LE(at + 1));
  }
  return message[at] === SECTION.body ? at + 1 : undefined;
}

/** A client that sets `j: false` wants no journal, also with a majority. */
function wantsMajority(message: Buffer, concern: BsonElement): boolean {
  const fields = [...bsonElements(message, concern.start)];
  const bytesOf = (wanted: string): Buffer | undefined => {
    const field = fields.find(({ name }) => name === wanted);
    return field && message.subarray(field.start - wanted.length - 2, field.end);
  };
  return bytesOf('w')?.equals(MAJORITY) === true && bytesOf('j')?.at(-1) !== 0;
}

/** One field of a BSON document: its type byte, its name, and where its value lies in the bytes. */
type BsonElement = {
  readonly type: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
};

const BSON = { document: 3 } as const;

/** Sizes by type, of the values that have a fixed one. https://bsonspec.org/spec.html */
const FIXED: Readonly<Record<number, number>> = {
  0x01: 8, // double
  0x06: 0, // undefined
  0x07: 12, // ObjectId
  0x08: 1, // bool
  0x09: 8, // date
  0x0a: 0, // null
  0x10: 4, // int32
  0x11: 8, // timestamp
  0x12: 8, // int64
  0x13: 16, // decimal128
  0x7f: 0, // max key
  0xff: 0, // min key
};

/** What lies around the bytes that a value's own length counts, of the values that begin with one. */
const AROUND: Readonly<Record<number, number>> = {
  0x02: 4, // string
  0x03: 0, // document
  0x04: 0, // array
  0x05: 5, // binary: length, subtype
  0x0c: 16, // pointer: length, ObjectId
  0x0d: 4, // code
  0x0e: 4, // symbol
  0x0f: 0, // code with scope
};

const REGEX = 0x0b;

/** The fields of the document that begins at `at`, one after another, without reading into their values. */
function* bsonElements(bytes: Buffer, at: number): Generator<BsonElement> {
  const last = at + bytes.readInt32LE(at) - 1;
  let next = at + 4;
  while (next < last) {
    const type = bytes.readUInt8(next);
    const start = endOfText(bytes, next + 1);
    const end = endOfValue(bytes, { type, start });
    if (end < start || end > last) throw new RangeError(`a BSON value ends outside of its document`);
    yield { type, name: bytes.toString('utf8', next + 1, start - 1), start, end };
    next = end;
  }
}

function endOfValue(bytes: Buffer, { type, start }: { type: number; start: number }): number {
  if (type === REGEX) return endOfText(bytes, endOfText(bytes, start));
  const fixed = FIXED[type];
  if (fixed !== undefined) return start + fixed;
  const around = AROUND[type];
  if (around === undefined) throw new RangeError(`there is no BSON type ${type}`);
  return start + bytes.readInt32LE(start) + around;
}

function endOfText(bytes: Buffer, start: number): number {
  const zero = bytes.indexOf(0, start);
  if (zero === -1) throw new RangeError('a BSON text has no end');
  return zero + 1;
}
