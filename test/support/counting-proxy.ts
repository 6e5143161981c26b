import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** Both ways, with everything that HTTP adds, since it was last forgotten. */
  bytes(): number;
  forget(): void;
  /** Where connections go; it need not be known when the proxy is started. */
  leadTo(port: number): void;
}

export async function startCountingProxy(): Promise<CountingProxy> {
  let port = 0;
  let count = 0;
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk: Buffer) => (count += chunk.length));
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    bytes: () => count,
    forget: () => void (count = 0),
    leadTo: (target) => void (port = target),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
