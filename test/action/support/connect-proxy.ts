import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  /** The hosts that clients asked for, in tunnels and forwarded requests. */
  readonly targets: readonly string[];
  /** The `Proxy-Authorization` header of each request. */
  readonly credentials: readonly (string | undefined)[];
}

/** What the proxy does with a tunnel: it refuses with a status, or leaves the socket to the test. */
type OnConnect = number | ((client: Socket) => void);

/** A proxy that resolves every host name to one port of this machine. */
export async function startConnectProxy(port: number, onConnect?: OnConnect): Promise<ConnectProxy> {
  const targets: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    targets.push(new URL(incoming.url ?? '').host);
    const { 'proxy-authorization': authorization, ...headers } = incoming.headers;
    credentials.push(authorization);
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
    if (typeof onConnect === 'number') return client.end(`HTTP/1.1 ${String(onConnect)} No\r\n\r\n`);
    sockets.add(client.on('error', () => undefined));
    if (onConnect !== undefined) return onConnect(client);
    const outside = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outside.pipe(client).pipe(outside);
    });
    sockets.add(outside.on('error', () => undefined));
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
