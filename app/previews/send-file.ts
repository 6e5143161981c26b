import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VitrineError } from '../../src/shared/errors.js';
import { MIB } from '../../src/uploads/limits.js';
import type { ByteRange } from '../../src/uploads/store.js';
import {
  type AcceptedEncodings,
  type Encoding,
  type ReadyResponse,
  represent,
  representNow,
  type RepresentPorts,
} from './represent.js';
import type { FileRoute, Site } from './site.js';

export interface SendPorts extends RepresentPorts {
  readonly acceptedEncodings: AcceptedEncodings;
}

interface FileAnswer {
  readonly site: Site;
  readonly route: FileRoute;
  readonly status: 200 | 404;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly extra: readonly string[];
}

const PLAIN: readonly Encoding[] = ['identity'];

/** Sends a file. Returns no promise when everything is in memory. */
export function sendFile(ports: SendPorts, answer: FileAnswer): Promise<void> | undefined {
  const { site, route, request, status } = answer;
  const { headers } = request;
  // Ranges refer to the uncompressed bytes: the compressed ones can change.
  const inParts = headers.range !== undefined && status === 200 && request.method === 'GET';
  const encodings = inParts ? PLAIN : ports.acceptedEncodings(headers['accept-encoding']);
  const input = { site, route, encodings };
  const ready = representNow(ports, input);
  if (ready === undefined) return represent(ports, input).then((made) => sendReady(ports, answer, made));
  return sendReady(ports, answer, ready);
}

function sendReady(ports: SendPorts, answer: FileAnswer, ready: ReadyResponse): Promise<void> | undefined {
  const { headers, method } = answer.request;
  if (answer.status === 404) {
    const head = [...ready.common, 'cache-control', 'no-cache', 'content-length', String(ready.length)];
    return sendBody(ports, bodyAnswer(answer, { ready, status: 404, head }));
  }
  if (matchesAny(headers['if-none-match'], ready.etag)) {
    return sendEmpty(answer, { status: 304, head: ready.notModified });
  }
  // A range is defined for GET only (RFC 9110, 14.2).
  if (headers.range === undefined || method !== 'GET' || !allowsRange(headers['if-range'], ready.etag)) {
    return sendBody(ports, bodyAnswer(answer, { ready, status: 200, head: ready.head }));
  }
  return sendRange(ports, { answer, ready, range: parseRange(headers.range, ready.length) });
}

interface Ranged {
  readonly answer: FileAnswer;
  readonly ready: ReadyResponse;
  readonly range: ReturnType<typeof parseRange>;
}

function sendRange(ports: SendPorts, { answer, ready, range }: Ranged): Promise<void> | undefined {
  if (range === null) return sendBody(ports, bodyAnswer(answer, { ready, status: 200, head: ready.head }));
  if (range === 'none') {
    const head = [...ready.common, 'content-range', `bytes */${ready.length}`, 'content-length', '0'];
    return sendEmpty(answer, { status: 416, head });
  }
  const { start, end } = range;
  // The last header of the whole file is its length.
  const part = ready.head.with(-1, String(end - start + 1));
  const head = [...part, 'content-range', `bytes ${start}-${end}/${ready.length}`];
  return sendBody(ports, bodyAnswer(answer, { ready, status: 206, head, range }));
}

function sendEmpty({ response, extra }: FileAnswer, { status, head }: Head): undefined {
  writeHead(response, { status, head, extra });
  response.end();
}

/** Written field by field: in every request, a spread object would cost more than the lookup of the file. */
function bodyAnswer(answer: FileAnswer, { ready, status, head, range }: Sent): BodyAnswer {
  const { request, response, extra, route } = answer;
  return { request, response, extra, hash: route.file.hash, ready, status, head, range: range ?? null };
}

interface Sent {
  readonly ready: ReadyResponse;
  readonly status: number;
  readonly head: readonly string[];
  readonly range?: ByteRange;
}

interface BodyAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ready: ReadyResponse;
  readonly hash: string;
  readonly status: number;
  readonly head: readonly string[];
  readonly extra: readonly string[];
  readonly range: ByteRange | null;
}

/** Files up to this size are kept in memory; larger ones are streamed each time. */
const HOT_BYTES = 4 * MIB;

/** Sends headers and body. The headers wait for the body, so that an unreadable file gives an error page and not a cut response. */
function sendBody(ports: RepresentPorts, answer: BodyAnswer): Promise<void> | undefined {
  const { request, response, ready } = answer;
  if (request.method === 'HEAD') {
    writeHead(response, answer);
    response.end();
    return undefined;
  }
  const body = ports.bodies.get(ready.bodyKey);
  if (body !== undefined) {
    finish(answer, body);
    return undefined;
  }
  if (ready.encoding === 'identity' && ready.length > HOT_BYTES) return sendLarge(ports, answer);
  return loadBody(ports, answer).then((bytes) => finish(answer, bytes));
}

function finish(answer: BodyAnswer, bytes: Buffer): void {
  const { response, range } = answer;
  writeHead(response, answer);
  response.end(range === null ? bytes : bytes.subarray(range.start, range.end + 1));
}

async function sendLarge({ blobs }: RepresentPorts, answer: BodyAnswer): Promise<void> {
  const { response, hash, ready, range } = answer;
  if ((await blobs.size(hash)) !== ready.length) throw damaged();
  writeHead(response, answer);
  await pipeline(Readable.from(blobs.read(hash, range ?? undefined)), response);
}

async function loadBody({ blobs, bodies }: RepresentPorts, { ready, hash }: BodyAnswer): Promise<Buffer> {
  const { encoding, bodyKey, length } = ready;
  const bytes = encoding === 'identity' ? await blobs.readAll(hash) : await blobs.encoded(hash, encoding);
  if (bytes?.length !== length) throw damaged();
  if (length <= HOT_BYTES) bodies.set(bodyKey, bytes);
  return bytes;
}

function damaged(): VitrineError {
  return new VitrineError('not_found', 'A file of this preview is damaged: deploy again.');
}

/**
 * The range that a request asks for. Null: send the whole file, because the header is missing, malformed, not in bytes, or names several
 * ranges (RFC 9110, 14.2 allows a server to ignore them). 'none': the file has no byte in the range.
 */
function parseRange(header: string | undefined, size: number): ByteRange | 'none' | null {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'none' : { start, end };
}

/** If-None-Match: any of the list, compared weakly (RFC 9110, 13.1.2). */
function matchesAny(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header.trim() === '*') return true;
  if (!header.includes(etag)) return false;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** If-Range: compared strongly, because a part must belong to the bytes that the client has. Dates never match: none are sent. */
function allowsRange(header: unknown, etag: string): boolean {
  return header === undefined || (typeof header === 'string' && header.trim() === etag);
}

interface Head {
  readonly status: number;
  /** Alternating names and values. */
  readonly head: readonly string[];
  /** Each replaces all headers of the same name. */
  readonly extra?: readonly string[];
}

/** Node writes a flat list as it is and would convert an object on every request. */
export function writeHead(response: ServerResponse, { status, head, extra = [] }: Head): void {
  response.writeHead(status, (extra.length === 0 ? head : replaceHeaders(head, extra)) as string[]);
}

function replaceHeaders(head: readonly string[], extra: readonly string[]): string[] {
  const replaced = new Set(extra.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const kept = head.filter((_, index) => !replaced.has(head[index - (index % 2)] ?? ''));
  return [...kept, ...extra];
}
