import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { journaledMajority } from './journaled-majority.js';
import { frameReply, messageReader } from './wire.js';

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
