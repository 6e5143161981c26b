import { expect, test } from '@jest/globals';
import { MESSAGE_BYTES_MAX, frameReply, messageReader } from '../../../embedded-mongodb/engine/serve.js';

function message(length: number, filler: number): Buffer {
  const bytes = Buffer.alloc(length, filler);
  bytes.writeInt32LE(length, 0);
  return bytes;
}

const MESSAGES = [message(16, 1), message(40, 2), message(17, 3), message(1000, 4)];
const STREAM = Buffer.concat(MESSAGES);

test.each([1, 2, 3, 5, 16, 17, 56, 100, STREAM.length])(
  'messages come out whole when they arrive %i bytes at a time',
  (size) => {
    const read = messageReader();
    const found: Buffer[] = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...read(STREAM.subarray(at, at + size)));
    expect(found).toEqual(MESSAGES);
  },
);

test('a message is handed out as soon as it is complete, not when the next one comes', () => {
  const read = messageReader();
  expect(read(message(16, 1))).toHaveLength(1);
  expect(read(message(20, 2).subarray(0, 19))).toHaveLength(0);
  expect(read(message(20, 2).subarray(19))).toEqual([message(20, 2)]);
});

test.each([0, 15, -1, MESSAGE_BYTES_MAX + 1])(
  'a length of %i is refused before anything is kept for it',
  (length) => {
    const bytes = Buffer.alloc(16);
    bytes.writeInt32LE(length, 0);
    expect(() => messageReader()(bytes)).toThrow(RangeError);
  },
);

test('a message of 48 MB in small pieces is copied once, and not for every piece', () => {
  const whole = message(MESSAGE_BYTES_MAX, 7);
  const read = messageReader();
  const concat = Buffer.concat;
  let copied = 0;
  Buffer.concat = (pieces, length) => {
    const joined = concat(pieces, length);
    copied += joined.length;
    return joined;
  };
  let found: Buffer[] = [];
  try {
    for (let at = 0; at < whole.length; at += 16_384) found = read(whole.subarray(at, at + 16_384));
  } finally {
    Buffer.concat = concat;
  }
  expect(copied).toBeLessThan(whole.length + 100_000);
  expect(found[0]?.equals(whole)).toBe(true);
});

test.each([
  [false, 2013, 21],
  [true, 1, 36],
])('a reply (old form: %p) carries opcode %i and its body after %i bytes', (legacy, opcode, bodyAt) => {
  const frame = frameReply({ id: 9, requestId: 4, legacy, body: Buffer.from('body') });
  expect([frame.readInt32LE(0), frame.readInt32LE(4), frame.readInt32LE(8), frame.readInt32LE(12)]).toEqual([
    frame.length,
    9,
    4,
    opcode,
  ]);
  expect(frame.subarray(bodyAt).toString()).toBe('body');
});
