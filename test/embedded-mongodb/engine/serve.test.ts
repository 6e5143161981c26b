import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { expect, test } from '@jest/globals';
import {
  messageReader,
  serve,
  type Served,
  type WireEngine,
} from '../../../embedded-mongodb/engine/serve.js';
import { until } from '../workplace.js';

/** Answers with the number it was sent; even numbers take longer, so that a wrong order would show. */
const echo: WireEngine = {
  async roundTrip(message) {
    const requestId = message.readInt32LE(4);
    await new Promise((wake) => setTimeout(wake, requestId % 2 === 0 ? 20 : 0));
    return {
      requestId,
      moreToCome: message.readInt32LE(12) === 1,
      legacy: false,
      response: Buffer.from(`${requestId}`),
    };
  },
};

function request(id: number, quiet = 0): Buffer {
  const bytes = Buffer.alloc(16);
  [16, id, 0, quiet].forEach((value, index) => bytes.writeInt32LE(value, index * 4));
  return bytes;
}

async function client({ port }: Served): Promise<{ socket: Socket; answered: number[] }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  const answered: number[] = [];
  const read = messageReader();
  socket.on('data', (chunk) => read(chunk).forEach((message) => answered.push(message.readInt32LE(8))));
  return { socket, answered };
}

test('messages sent together are answered one by one, in order, and one that wants no answer gets none', async () => {
  const served = await serve(echo, { host: '127.0.0.1', port: 0 });
  const { socket, answered } = await client(served);
  socket.write(Buffer.concat([request(2), request(3), request(5, 1), request(4), request(7)]));
  await until(() => answered.length === 4);
  expect(answered).toEqual([2, 3, 4, 7]);
  await served.stop();
});

test('a stop answers what was asked, then closes every connection', async () => {
  const served = await serve(echo, { host: '127.0.0.1', port: 0 });
  const [busy, idle] = [await client(served), await client(served)];
  const closed = Promise.all([once(busy.socket, 'close'), once(idle.socket, 'close')]);
  busy.socket.write(request(3));
  await until(() => busy.answered.length === 1);
  busy.socket.write(request(4));
  await new Promise((wake) => setImmediate(wake));
  await served.stop();
  await closed;
  expect(idle.answered).toEqual([]);
  expect(() => connect(served.port, '127.0.0.1').on('error', () => undefined)).not.toThrow();
});

test('a connection that breaks the protocol or leaves in the middle disturbs no other', async () => {
  const served = await serve(echo, { host: '127.0.0.1', port: 0 });
  const [bad, gone, good] = [await client(served), await client(served), await client(served)];
  bad.socket.write(Buffer.alloc(16));
  gone.socket.write(request(2));
  gone.socket.destroy();
  await once(bad.socket, 'close');
  good.socket.write(request(9));
  await until(() => good.answered.length === 1);
  await served.stop();
});
