import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type LookupFunction, type Socket } from 'node:net';
import { pipeline, type Readable, Transform } from 'node:stream';

/** Where a connection to an origin goes; its addresses were checked before. */
export type Origins = ReadonlyMap<string, LookupFunction>;

export interface Gate {
  readonly port: number;
  /** Whether the page loaded more than it may. */
  isFull(): boolean;
  close(): Promise<void>;
}

/** All that a page may load: more than any first page that people wait for. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The only way of a browser to the network: a proxy that passes on requests to the hosts of one preview and refuses all others. So a page
 * reaches neither other ports of this machine, nor the network of the server, nor the metadata service of a cloud.
 */
export async function openGate(origins: Origins, mostBytes: number = MOST_BYTES): Promise<Gate> {
  let bytes = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const count = (): Transform =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        done(bytes > mostBytes ? new Error('The page loads too much.') : null, chunk);
      },
    });
  const server = createServer((request, response) => {
    passOn(request, { response, origins, count });
  });
  server.on('connection', keep);
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    tunnel(request, { socket, head, origins, count, keep });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    isFull: () => bytes > mostBytes,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Passing {
  readonly origins: Origins;
  readonly count: () => Transform;
}

/** Headers that are between two neighbours only: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const OF_CONNECTION = new Set([
  ...['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive', 'te', 'trailer', 'upgrade'],
  ...['transfer-encoding', 'host'],
]);

/** A request for http:// names the whole address. */
function passOn(
  request: IncomingMessage,
  { response, origins, count }: Passing & { readonly response: ServerResponse },
): void {
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : null;
  const lookup = url?.protocol === 'http:' ? origins.get(url.origin) : undefined;
  if (!url || !lookup) {
    // An answer would look like one of the host.
    request.socket.destroy();
    return;
  }
  const headers = Object.entries(request.headers).filter(([name]) => !OF_CONNECTION.has(name));
  const options = { method: request.method, lookup, agent: false, setHost: false };
  const all = { ...Object.fromEntries(headers), host: url.host };
  const sent = requestHttp(url, { ...options, headers: all }, (answer) => {
    const given = Object.entries(answer.headers).filter(([name]) => !OF_CONNECTION.has(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(given));
    pipeline(answer, count(), response, () => undefined);
  });
  // Chromium shows an answer without a body as an error of its own.
  sent.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.once('close', () => sent.destroy());
  pipeline(request as Readable, sent, () => undefined);
}

interface Tunnel extends Passing {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly keep: (socket: Socket) => void;
}

/** For https:// and for WebSockets: only the host and the port are known. */
function tunnel(
  { url: authority = '' }: IncomingMessage,
  { socket, head, origins, count, keep }: Tunnel,
): void {
  const [host = '', port = ''] = splitAuthority(authority);
  const lookup = ['https', 'http']
    .map((protocol) => origins.get(originOf(protocol, authority)))
    .find(Boolean);
  if (!lookup) {
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const to = connect({ host, port: Number(port), lookup });
  keep(to);
  to.once('error', () => socket.destroy());
  to.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) to.write(head);
    pipeline(socket, to, () => undefined);
    pipeline(to, count(), socket, () => undefined);
  });
}

function splitAuthority(authority: string): readonly string[] {
  return /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(authority)?.slice(1) ?? [];
}

function originOf(protocol: string, authority: string): string {
  const address = `${protocol}://${authority}`;
  return URL.canParse(address) ? new URL(address).origin : '';
}
