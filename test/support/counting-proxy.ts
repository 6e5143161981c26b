import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** Both ways, with everything that HTTP adds, since it was last forgotten. */
  bytes(): number;
  forget(): void;
  /** Ends every connection, once, when so many more bytes have gone through. */
  cutAfter(bytes: number): void;
  /** Where connections go; it need not be known when the proxy is started. */
  leadTo(port: number): void;
}

export async function startCountingProxy(): Promise<CountingProxy> {
  let port = 0;
  let count = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  const open = new Set<Socket>();
  const pass = (bytes: number): void => {
    count += bytes;
    if (count < cutAt) return;
    cutAt = Number.POSITIVE_INFINITY;
    for (const socket of open) socket.destroy();
  };
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on('data', (chunk: Buffer) => pass(chunk.length));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    bytes: () => count,
    forget() {
      count = 0;
      cutAt = Number.POSITIVE_INFINITY;
    },
    cutAfter: (bytes) => void (cutAt = count + bytes),
    leadTo: (target) => void (port = target),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
