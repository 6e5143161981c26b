import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode } from '../../src/shared/errors.js';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Admission } from './visit.js';
import type { UpstreamPreview } from './preview.js';
import { requestHeaders, responseHeaders } from './proxy-headers.js';

interface ProxyOptions {
  readonly previewBase: PreviewBase;
  /** How long the preview may take to begin its answer. */
  readonly firstByteMs?: number;
}

/** Why a preview gave no answer. */
export type ProxyFailure = 'unreachable' | 'silent';

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
const MOST_SOCKETS = 256;
/** As many as visitors who ask at once: with fewer, connections are opened all the time. */
const MOST_FREE = 64;

/**
 * Passes requests on to what a target started. Bodies are streamed both ways as fast as the receiver reads, and the side that leaves first ends
 * the other side too. Where a request goes comes from the documents, never from the request.
 */
export function createProxy({ previewBase, firstByteMs = FIRST_BYTE_MS }: ProxyOptions): Proxy {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, maxFreeSockets: MOST_FREE });
  const open = (visit: Proxied, more: readonly string[] = []): ClientRequest => {
    const { request, preview, label } = visit;
    const port = previewBase.port === undefined ? '' : `:${String(previewBase.port)}`;
    const address = { host: `${label}.${previewBase.domain}${port}`, protocol: previewBase.protocol };
    return ask({
      agent: more.length > 0 ? false : agent,
      host: preview.host,
      port: preview.port,
      method: request.method,
      path: request.url,
      headers: [...requestHeaders(request, address), ...more],
      setHost: false,
    });
  };
  return {
    async pass(visit) {
      const first = await passOnce(open(visit), { ...visit, firstByteMs });
      // The preview closed an idle connection at the moment at which it was used again. Nothing was answered, and nothing but headers sent.
      return first === 'stale'
        ? lastOf(await passOnce(open(visit), { ...visit, firstByteMs }))
        : lastOf(first);
    },
    connect(visit) {
      const sent = open(visit, ['connection', 'upgrade', 'upgrade', 'websocket']);
      joinSockets(sent, { ...visit, firstByteMs });
    },
    close: () => agent.destroy(),
  };
}

function lastOf(outcome: ProxyFailure | 'stale' | null): ProxyFailure | null {
  return outcome === 'stale' ? 'unreachable' : outcome;
}

interface Pass {
  readonly admission?: Admission;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly firstByteMs: number;
}

function passOnce(
  sent: ClientRequest,
  { request, response, firstByteMs, admission }: Pass,
): Promise<ProxyFailure | 'stale' | null> {
  return new Promise((resolve) => {
    const late = setTimeout(() => sent.destroy(new SilentError()), firstByteMs);
    const leave = () => sent.destroy();
    response.once('close', leave);
    sent.once('response', (answer) => {
      clearTimeout(late);
      void relay(answer, { response, admission }).then(() => resolve(null));
    });
    sent.once('error', (error) => {
      clearTimeout(late);
      response.off('close', leave);
      if (response.headersSent) return resolve(null);
      const stale = sent.reusedSocket && !hasBody(request) && errorCode(error) === 'ECONNRESET';
      resolve(stale ? 'stale' : error instanceof SilentError ? 'silent' : 'unreachable');
    });
    if (hasBody(request)) request.pipe(sent);
    else sent.end();
  });
}

class SilentError extends Error {}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** An answer that breaks off is broken off for the visitor too: half of a file must not look like a whole one. */
function relay(
  answer: IncomingMessage,
  { response, admission }: { readonly response: ServerResponse; readonly admission: Admission | undefined },
): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', () => {
      answer.destroy();
      resolve();
    });
    if (response.destroyed) return void answer.destroy();
    // What is there by now leaves in one piece. Events must leave at once, and the first of them may come late.
    response.cork();
    setImmediate(() => {
      // Its end has let everything go.
      if (response.writableEnded) return;
      response.flushHeaders();
      response.uncork();
    });
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer, admission));
    answer.on('data', (chunk: Buffer) => {
      if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => answer.resume());
    answer.once('end', () => response.end());
    answer.once('close', () => {
      if (!answer.complete) response.destroy();
    });
    answer.on('error', () => response.destroy());
  });
}

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
  const headers = responseHeaders(answer);
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
