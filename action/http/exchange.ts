import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { addressOf, type Connection, proxyFor } from './connection.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** More of the answer is not read. */
  readonly bodyLimit: number;
  /** Without a byte for so long the connection counts as broken. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
  /** Called when the whole request is with the operating system. */
  readonly onSent?: (() => void) | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Plain `node:http`: the global `fetch` costs 22 ms before the first byte leaves. */
export interface Http {
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** `env` names the proxies that lead out, if any do. */
export function createHttp(env: Readonly<Record<string, string | undefined>> = {}): Http {
  const lines = new Map<string, Promise<Connection>>();
  const lineTo = (url: URL): Promise<Connection> => {
    const proxy = proxyFor(url, env);
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    const line = lines.get(key) ?? openConnection(url.protocol, proxy);
    lines.set(key, line);
    return line;
  };
  return {
    exchange: async (request) => {
      request.signal?.throwIfAborted();
      const url = new URL(request.url);
      return exchange({ line: await lineTo(url), url, request });
    },
    close: () => {
      for (const line of lines.values()) void line.then(({ agent }) => agent.destroy());
    },
  };
}

interface Exchange {
  readonly line: Connection;
  readonly url: URL;
  readonly request: HttpRequest;
}

function exchange({ line, url, request }: Exchange): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { method, idleMs: timeout } = request;
    const address = line.addressOf(url);
    const headers = {
      ...request.headers,
      ...address.headers,
      'content-length': String(request.body?.length ?? 0),
    };
    const outgoing = line.send({ ...address, headers, method, timeout, agent: line.agent });
    outgoing.on('error', reject);
    outgoing.on('finish', () => request.onSent?.());
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no byte for ${timeout / 1000} s`)));
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let room = request.bodyLimit;
      const done = () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
      };
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => {
        if (room > 0) chunks.push(chunk.subarray(0, room));
        room -= chunk.length;
        if (room >= 0) return;
        done();
        incoming.destroy();
      });
      incoming.on('end', done);
    });
    outgoing.end(request.body);
    abortOn(outgoing, request.signal);
  });
}

/** Gives the request up when nobody wants the answer any more; looked at a moment later, when the request is on its way. */
function abortOn(outgoing: ClientRequest, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const stop = (): void => void outgoing.destroy(signal.reason as Error);
  outgoing.on('close', () => signal.removeEventListener('abort', stop));
  setImmediate(() => {
    if (signal.aborted) stop();
    else if (!outgoing.destroyed) signal.addEventListener('abort', stop, { once: true });
  });
}

/** A request that was sent before its answer is needed. */
export interface SentAhead<T> {
  readonly answer: Promise<T>;
}

/** Answers when the request has left, because reading a program, which usually comes next, holds up everything else. */
export async function sendAhead<T>(send: (onSent: () => void) => Promise<T>): Promise<SentAhead<T>> {
  let sent = (): void => undefined;
  const leaving = new Promise<void>((resolve) => (sent = resolve));
  const answer = send(() => sent());
  // Who takes the answer hears of its failure; here it only ends the waiting.
  answer.catch(() => sent());
  await leaving;
  return { answer };
}

/** What only some need is loaded only then: TLS, and the way through a proxy. */
async function openConnection(protocol: string, proxy: URL | null): Promise<Connection> {
  if (proxy !== null) {
    const { openProxied } = await import('./proxied.js');
    return openProxied(protocol, proxy);
  }
  if (protocol !== 'https:') return { send: request, agent: new Agent({ keepAlive: true }), addressOf };
  const https = await import('node:https');
  return { send: https.request, agent: new https.Agent({ keepAlive: true }), addressOf };
}
