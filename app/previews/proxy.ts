import { type ClientRequest, type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Admission } from './visit.js';
import type { UpstreamPreview } from './preview.js';
import { requestHeaders, responseHeaders } from './proxy-headers.js';
import { createUpstream, isChunked, type ProxyFailure } from './upstream.js';

interface ProxyOptions {
  readonly previewBase: PreviewBase;
  /** How long the preview may take to begin its answer. */
  readonly firstByteMs?: number;
}

export interface Proxied {
  readonly label: string;
  /** Of a protected preview. */
  readonly admission?: Admission;
  readonly preview: UpstreamPreview;
  readonly request: IncomingMessage;
}

export interface Proxy {
  /** Passes a request on. Resolves with the reason when no answer was begun, so that a page can be shown. */
  pass(visit: Proxied & { readonly response: ServerResponse }): Promise<ProxyFailure | null>;
  /** Connects a WebSocket. Ends the socket when the preview does not want it. */
  connect(visit: Proxied & { readonly socket: Duplex; readonly head: Buffer }): void;
  close(): void;
}

/** Browsers wait longer, but a preview that is silent for so long will not answer. */
const FIRST_BYTE_MS = 60_000;

/**
 * Passes requests on to what a target started. Bodies are streamed both ways as fast as the receiver reads, and the side that leaves first ends
 * the other side too. Where a request goes comes from the documents, never from the request.
 */
export function createProxy({ previewBase, firstByteMs = FIRST_BYTE_MS }: ProxyOptions): Proxy {
  const upstream = createUpstream({ firstByteMs });
  const port = previewBase.port === undefined ? '' : `:${String(previewBase.port)}`;
  const headersOf = ({ request, label }: Pick<Proxied, 'request' | 'label'>) =>
    requestHeaders(request, {
      host: `${label}.${previewBase.domain}${port}`,
      protocol: previewBase.protocol,
    });
  return {
    pass({ request, response, preview, label, admission }) {
      return upstream.ask({
        host: preview.host,
        port: preview.port,
        head: headOf(request, headersOf({ request, label })),
        request,
        response,
        begin: (answer) =>
          response.writeHead(answer.status, answer.message, responseHeaders(answer, admission)),
      });
    },
    connect(visit) {
      const { request, preview } = visit;
      const sent = ask({
        agent: false,
        host: preview.host,
        port: preview.port,
        method: request.method,
        path: request.url,
        headers: [...headersOf(visit), 'connection', 'upgrade', 'upgrade', 'websocket'],
        setHost: false,
      });
      joinSockets(sent, { ...visit, firstByteMs });
    },
    close: () => upstream.close(),
  };
}

/** What visitors send was read by Node's parser, which lets nothing through that ends a line. */
function headOf(request: IncomingMessage, headers: readonly string[]): string {
  const { method = 'GET', url = '/' } = request;
  let head = `${method} ${url} HTTP/1.1\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    head += `${headers[index] ?? ''}: ${headers[index + 1] ?? ''}\r\n`;
  const coding = isChunked(request) ? 'Transfer-Encoding: chunked\r\n' : '';
  return `${head}${coding}Connection: keep-alive\r\n\r\n`;
}

class SilentError extends Error {}

interface Joined {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly firstByteMs: number;
}

function joinSockets(sent: ClientRequest, { socket, head, firstByteMs }: Joined): void {
  const late = setTimeout(() => sent.destroy(new SilentError()), firstByteMs);
  socket.on('error', () => sent.destroy());
  socket.once('close', () => sent.destroy());
  sent.once('close', () => clearTimeout(late));
  sent.once('upgrade', (answer, upstream: Duplex, first: Buffer) => {
    clearTimeout(late);
    socket.write(switching(answer));
    if (first.length > 0) socket.write(first);
    if (head.length > 0) upstream.write(head);
    const end = () => {
      socket.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const)
      pipeline(from, to).then(end, end);
  });
  sent.once('response', (answer) => {
    answer.resume();
    refuseUpgrade(socket, { status: answer.statusCode ?? 502 });
  });
  sent.once('error', (error) => refuseUpgrade(socket, { status: error instanceof SilentError ? 504 : 502 }));
  sent.end();
}

/** The preview's own answer, without what speaks of its connection to us. */
function switching(answer: IncomingMessage): string {
  const headers = responseHeaders({ headers: answer.rawHeaders, connection: answer.headers.connection });
  const lines = ['HTTP/1.1 101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket'];
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index] ?? ''}: ${headers[index + 1] ?? ''}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function refuseUpgrade(
  socket: Duplex,
  { status, retryAfter }: { readonly status: number; readonly retryAfter?: number },
): void {
  if (!socket.writable) return void socket.destroy();
  const retry = retryAfter === undefined ? '' : `retry-after: ${retryAfter}\r\n`;
  socket.end(`HTTP/1.1 ${status} Refused\r\n${retry}connection: close\r\ncontent-length: 0\r\n\r\n`);
}
