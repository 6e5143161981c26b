import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** Whereto tunnels and requests were asked for. */
  readonly targets: readonly string[];
  /** What the proxy was told of who asks. */
  readonly credentials: readonly (string | undefined)[];
}

/** A proxy as companies have them: the way out, and the only one that knows the names outside, which all lead to one port. */
export async function startConnectProxy(port: number, refusal?: number): Promise<ConnectProxy> {
  const targets: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    targets.push(new URL(incoming.url ?? '').host);
    const { 'proxy-authorization': told, ...headers } = incoming.headers;
    credentials.push(told);
    const { pathname, search } = new URL(incoming.url ?? '');
    const to = { port, host: '127.0.0.1', method: incoming.method, path: pathname + search, headers };
    const forward = request(to, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forward.on('error', () => outgoing.destroy()));
  }).on('connect', ({ url = '', headers }, client: Socket) => {
    targets.push(url);
    credentials.push(headers['proxy-authorization']);
    if (refusal !== undefined) return client.end(`HTTP/1.1 ${String(refusal)} No\r\n\r\n`);
    const outside = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outside.pipe(client).pipe(outside);
    });
    for (const socket of [client, outside]) sockets.add(socket.on('error', () => undefined));
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    targets,
    credentials,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
