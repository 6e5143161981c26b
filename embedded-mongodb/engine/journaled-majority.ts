import { BSON, type BsonElement, bsonElements } from './bson-elements.js';

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

/** Who says `j: false` wants no journal, whatever `w` says. */
function wantsMajority(message: Buffer, concern: BsonElement): boolean {
  const fields = [...bsonElements(message, concern.start)];
  const bytesOf = (wanted: string): Buffer | undefined => {
    const field = fields.find(({ name }) => name === wanted);
    return field && message.subarray(field.start - wanted.length - 2, field.end);
  };
  return bytesOf('w')?.equals(MAJORITY) === true && bytesOf('j')?.at(-1) !== 0;
}
