import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** What Octokit gives to `fetch`. */
interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** What Octokit reads of a `Response`. */
interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer | Uint8Array>;
}

/** Connections that are idle for longer are closed: a load balancer may forget them without a word. */
const IDLE_MS = 30_000;
const AGENT = { keepAlive: true, timeout: IDLE_MS } as const;
const REDIRECTS = [301, 302, 303, 307, 308];
const inflate = promisify(gunzip);

/**
 * `fetch` for Octokit over Node's HTTP client: with its streams and header lists, the one of Node takes three times as much of the processor.
 * Only redirects, which GitHub sends for renamed repositories, are left to it.
 */
export function createFetch() {
  const secure = new https.Agent(AGENT);
  const plain = new http.Agent(AGENT);
  return async (url: string, outgoing: Outgoing): Promise<Answer | Response> => {
    const target = new URL(url);
    const { method, signal } = outgoing;
    const headers = headersOf(outgoing);
    const options = { method, headers, ...(signal && { signal }) };
    const request =
      target.protocol === 'https:'
        ? https.request(target, { ...options, agent: secure })
        : http.request(target, { ...options, agent: plain });
    const { status, ...received } = await exchange(request, outgoing.body);
    if (REDIRECTS.includes(status) && received.headers.has('location')) return fetch(url, outgoing);
    return { status, url, ...received };
  };
}

/** Lists are long and compress well; the answer to a write is short. */
function headersOf({ method, headers, body }: Outgoing): Record<string, string | number> {
  return {
    ...headers,
    ...(method === 'GET' ? { 'accept-encoding': 'gzip' } : {}),
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
}

/** Sends the request and reads the whole answer. */
async function exchange(request: ClientRequest, body: string | undefined): Promise<Omit<Answer, 'url'>> {
  const [head, bytes] = await new Promise<[IncomingMessage, Buffer]>((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => resolve([response, Buffer.concat(chunks)]))
        .on('error', reject);
    });
    request.end(body);
  });
  const { statusCode = 0, statusMessage = '' } = head;
  const content = head.headers['content-encoding'] === 'gzip' ? await inflate(bytes) : bytes;
  return {
    status: statusCode,
    statusText: statusMessage,
    headers: mapOf(head),
    text: () => Promise.resolve(content.toString('utf8')),
    arrayBuffer: () => Promise.resolve(content),
  };
}

function mapOf({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}
