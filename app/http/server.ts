import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import { watchConnections } from './connections.js';
import { fromThisMachine, type SiteOf } from './hosts.js';
import { errorAnswer, isOurFault, discardBody, respond } from './respond.js';

type Surface = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Surfaces {
  /** Which site a Host header names. */
  readonly siteOf: SiteOf;
  readonly webhooks: Surface;
  readonly api: Surface;
  /** Container images, by the protocol of Docker's registry. */
  readonly registry: Surface;
  readonly previews: (visit: {
    label: string;
    request: IncomingMessage;
    response: ServerResponse;
  }) => unknown;
  /** Connections that a visitor of a preview wants to turn into a WebSocket. */
  readonly sockets: (visit: {
    label: string;
    request: IncomingMessage;
    socket: Duplex;
    head: Buffer;
  }) => unknown;
  readonly log: Log;
}

export const WEBHOOK_PATH = '/api/github/webhooks';

/** Where GitHub, GitLab and Bitbucket send theirs. */
const WEBHOOKS = /^\/api\/(github|gitlab|bitbucket)\/webhooks(\?|$)/;

/** Health probes address a machine by its IP. Their answers contain nothing confidential. */
const PROBES: readonly string[] = ['/healthz', '/readyz'];

/** Tells this process from others that answer like it. */
export const INSTANCE = randomUUID();

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  // Bodies have their own timeouts, because an upload may take longer than a limit that suits a webhook.
  requestTimeout: 0,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 65_000,
  insecureHTTPParser: false,
} as const;

/** Accepts all requests. The Host header decides which surface answers, before the path or the body is read. */
export function createHttpServer(surfaces: () => Surfaces, stalledMs?: number): Server {
  const server = createServer(LIMITS, (request, response) => {
    noteAnswer(response);
    if (hasBody(request)) endBody(request, response);
    const fail = (error: unknown) => {
      const requestId = randomBytes(8).toString('hex');
      if (isOurFault(error))
        surfaces().log('error', 'request failed', { requestId, method: request.method, error });
      respond(response, errorAnswer(error, requestId));
    };
    try {
      const work = enter(surfaces(), request, response);
      if (work instanceof Promise) work.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  const noteAnswer = watchConnections(server, stalledMs);
  server.on('upgrade', (request, socket, head: Buffer) => enterSocket(surfaces(), { request, socket, head }));
  return server;
}

/** Most requests are for files and have no body: they skip the listener of `endBody`. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
}

/** When the answer is sent before the body has arrived, the rest of the body is dropped after a moment. */
function endBody(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (!request.complete) discardBody(request);
  });
}

/** Not async, so that files of previews are sent in the same turn of the event loop. */
function enter(surfaces: Surfaces, request: IncomingMessage, response: ServerResponse): unknown {
  refuseAmbiguous(request);
  const path = request.url ?? '';
  const site = surfaces.siteOf(request.headers.host, () => fromThisMachine(request));
  if (site.kind === 'preview') return surfaces.previews({ label: site.label, request, response });
  if (site.kind === 'unknown' && !PROBES.includes(path)) {
    throw new VitrineError('misdirected', 'This server does not answer for that host name.');
  }
  if (WEBHOOKS.test(path)) return surfaces.webhooks(request, response);
  return isRegistryPath(path) ? surfaces.registry(request, response) : surfaces.api(request, response);
}

/** Clients of a registry ask at the root of the host, whatever else is there. */
function isRegistryPath(path: string): boolean {
  return path.startsWith('/v2') && /^\/v2(?:[/?]|$)/.test(path);
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Only WebSockets, and only to previews: nothing else of this server speaks another protocol than HTTP. */
function enterSocket(surfaces: Surfaces, { request, socket, head }: Upgrade): void {
  socket.on('error', () => socket.destroy());
  // An idle WebSocket is no stalled reader.
  if (socket instanceof Socket) socket.setTimeout(0);
  try {
    refuseAmbiguous(request);
    const site = surfaces.siteOf(request.headers.host, () => fromThisMachine(request));
    const wanted = request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET';
    if (!wanted || site.kind !== 'preview')
      throw new VitrineError('bad_request', 'There is no WebSocket here.');
    surfaces.sockets({ label: site.label, request, socket, head });
  } catch {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  }
}

/** Refuses requests that a proxy and this server could understand differently. */
function refuseAmbiguous({ url, rawHeaders }: IncomingMessage): void {
  // Node passes a fragment on, and a router would cut it off.
  if (!url?.startsWith('/') || url.includes('#'))
    throw new VitrineError('bad_request', 'The request line must hold a path only.');
  const seen = { host: 0, authorization: 0 };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') seen.host += 1;
    if (name.length === 13 && name.toLowerCase() === 'authorization') seen.authorization += 1;
  }
  if (seen.host > 1 || seen.authorization > 1) {
    throw new VitrineError('bad_request', 'Host and Authorization may each be there once only.');
  }
}

/** Listens, and answers the port, which the system chooses when 0 is configured. */
export async function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new VitrineError('unavailable', `Cannot listen on ${host} port ${port}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
  return (server.address() as AddressInfo).port;
}

function reasonOf(error: unknown): string {
  const code = types.isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another program uses it; set PORT to a free one';
  if (code === 'EACCES') return 'it needs more rights; set PORT to one above 1023';
  return 'check HOST and PORT';
}

/** Accepts no new connections and lets running answers finish; after `withinMs` it closes the connections that are left. */
export function stopServer(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
