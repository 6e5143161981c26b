import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { journaledMajority } from './journaled-majority.js';

/** The part of the embedded engine that answers wire messages. */
export type WireEngine = {
  roundTrip(
    message: Buffer,
  ): Promise<{ requestId: number; moreToCome: boolean; legacy: boolean; response: Buffer }>;
};

export type Served = { readonly port: number; stop(): Promise<void> };

/** Answers MongoDB's wire protocol on a TCP address, one message after another on each connection. */
export async function serve(engine: WireEngine, address: { host: string; port: number }): Promise<Served> {
  const open = new Map<Socket, Promise<void>>();
  const server = createServer({ noDelay: true }, (socket) => {
    // A connection that fails is the driver's to open again; nothing else depends on it.
    const done = answerAll(engine, socket).catch(() => undefined);
    open.set(socket, done);
    void done.then(() => {
      open.delete(socket);
      socket.destroy();
    });
  });
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      const connections = [...open];
      // An end after what has arrived so far: a message in work is still answered, and an idle connection closes at once.
      for (const [socket] of connections) socket.push(null);
      await Promise.all(connections.map(([, done]) => done));
    },
  };
}

/** Reading only after the answer was written keeps the order, and a fast sender waits in its own socket, not in our memory. */
async function answerAll(engine: WireEngine, socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  const split = messageReader();
  let id = 0;
  for await (const chunk of socket) {
    for (const message of split(chunk as Buffer)) {
      const { requestId, moreToCome, legacy, response } = await engine.roundTrip(journaledMajority(message));
      if (moreToCome) continue;
      id = (id + 1) | 0;
      await send(socket, frameReply({ id, requestId, legacy, body: response }));
    }
  }
}

/** The callback comes in every case, also for a socket that is gone, where no event tells. */
function send(socket: Socket, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.write(frame, (error) => (error ? reject(error) : resolve())),
  );
}

const OP_REPLY = 1;

const OP_MSG = 2013;

const HEADER_BYTES = 16;

/** What MongoDB itself accepts at most in one message (`maxMessageSizeBytes`). */
export const MESSAGE_BYTES_MAX = 48_000_000;

/** Cuts a stream of bytes into whole messages, however they were split or joined on the way. */
export function messageReader(): (chunk: Buffer) => Buffer[] {
  // Pieces are joined once a message is whole: joining at every chunk would copy a large one hundreds of times.
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = 4;
  return (chunk) => {
    pieces.push(chunk);
    held += chunk.length;
    if (held < wanted) return [];
    const { messages, rest } = cut(pieces.length === 1 ? chunk : Buffer.concat(pieces, held));
    pieces = rest.length === 0 ? [] : [rest];
    held = rest.length;
    wanted = rest.length < 4 ? 4 : lengthOf(rest);
    return messages;
  };
}

function cut(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = bytes;
  while (rest.length >= 4 && rest.length >= lengthOf(rest)) {
    const length = lengthOf(rest);
    messages.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return { messages, rest };
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readInt32LE(0);
  if (length >= HEADER_BYTES && length <= MESSAGE_BYTES_MAX) return length;
  throw new RangeError(`a message of ${length} bytes is outside ${HEADER_BYTES} to ${MESSAGE_BYTES_MAX}`);
}

/** One answer of the engine, and how its request was asked. */
type Reply = {
  readonly id: number;
  readonly requestId: number;
  readonly legacy: boolean;
  readonly body: Buffer;
};

/**
 * Frames an answer. A request in the old OP_QUERY form, which drivers use for their first hello, wants an OP_REPLY.
 * https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md
 */
export function frameReply(reply: Reply): Buffer {
  const { fields, opcode } = reply.legacy
    ? { fields: legacyFields(), opcode: OP_REPLY }
    : { fields: Buffer.alloc(5), opcode: OP_MSG };
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + fields.length + reply.body.length, 0);
  header.writeInt32LE(reply.id, 4);
  header.writeInt32LE(reply.requestId, 8);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, fields, reply.body]);
}

/** Flags, cursor id and first index stay zero; one document is returned. */
function legacyFields(): Buffer {
  const fields = Buffer.alloc(20);
  fields.writeInt32LE(1, 16);
  return fields;
}
