import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { z } from 'zod';
import { answerParent } from '../harness/answer-parent.js';

/** Counts what goes through it, in both directions and with every header. */
const counted = { up: 0, down: 0, turns: 0 };
let target = 0;
let speaking: 'client' | 'server' = 'server';

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  client.on('data', (chunk: Buffer) => {
    counted.up += chunk.length;
    if (speaking === 'server') counted.turns += 1;
    speaking = 'client';
  });
  upstream.on('data', (chunk: Buffer) => {
    counted.down += chunk.length;
    speaking = 'server';
  });
  join(client, upstream);
  join(upstream, client);
});

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy()).on('close', () => to.end());
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({
  ready: { port: (server.address() as AddressInfo).port },
  answers: {
    target: (given) => void (target = z.int().parse(given)),
    /** What went through since the last time it was asked. */
    count() {
      const answer = { ...counted };
      Object.assign(counted, { up: 0, down: 0, turns: 0 });
      return answer;
    },
  },
});
