import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { addressOf, type Connection, proxyFor } from './connection.js';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Reading stops after so many bytes of the answer. */
  readonly bodyLimit: number;
  /** The request fails when no byte arrives for so long. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
  /** Called when the operating system has taken the whole request. */
  readonly onSent?: (() => void) | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Uses `node:http`, because the global `fetch` needs 22 ms before it sends the first byte. */
export interface Http {
  exchange(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** `env` names the proxies, if there are any. */
export function createHttp(env: Readonly<Record<string, string | undefined>> = {}): Http {
  const connections = new Map<string, Promise<Connection>>();
  const connectionFor = (url: URL): Promise<Connection> => {
    const proxy = proxyFor(url, env);
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    const connection = connections.get(key) ?? openConnection(url.protocol, proxy);
    connections.set(key, connection);
    return connection;
  };
  return {
    exchange: async (request) => {
      request.signal?.throwIfAborted();
      const url = new URL(request.url);
      return exchange({ connection: await connectionFor(url), url, request });
    },
    close: () => {
      for (const connection of connections.values()) void connection.then(({ agent }) => agent.destroy());
    },
  };
}

interface Exchange {
  readonly connection: Connection;
  readonly url: URL;
  readonly request: HttpRequest;
}

function exchange({ connection, url, request }: Exchange): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { method, idleMs: timeout } = request;
    const { send, agent } = connection;
    const address = connection.addressOf(url);
    const headers = {
      ...request.headers,
      ...address.headers,
      'content-length': String(request.body?.length ?? 0),
    };
    const outgoing = send({ ...address, headers, method, timeout, agent });
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
    if (request.signal) abortOn(outgoing, { signal: request.signal, reject });
  });
}

interface Abort {
  readonly signal: AbortSignal;
  readonly reject: (reason: unknown) => void;
}

/** The check waits until the request was handed over, so that a request that is aborted at once still fails with the signal's reason. */
function abortOn(outgoing: ClientRequest, { signal, reject }: Abort): void {
  const stop = (): void => {
    outgoing.destroy(signal.reason as Error);
    // A request that has no socket yet, because a proxy is still opening the tunnel, emits no error.
    reject(signal.reason);
  };
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

/** Resolves once the request is sent. Callers then load more code, which blocks the process and would delay the request. */
export async function sendAhead<T>(send: (onSent: () => void) => Promise<T>): Promise<SentAhead<T>> {
  let sent = (): void => undefined;
  const leaving = new Promise<void>((resolve) => (sent = resolve));
  const answer = send(() => sent());
  // The caller handles a failure when it awaits the answer; here a failure only ends the wait.
  answer.catch(() => sent());
  await leaving;
  return { answer };
}

/** TLS and proxy support are loaded only by the runs that need them. */
async function openConnection(protocol: string, proxy: URL | null): Promise<Connection> {
  if (proxy !== null) {
    const { openProxied } = await import('./proxied.js');
    return openProxied(protocol, proxy);
  }
  if (protocol !== 'https:') return { send: request, agent: new Agent({ keepAlive: true }), addressOf };
  const https = await import('node:https');
  return { send: https.request, agent: new https.Agent({ keepAlive: true }), addressOf };
}
