import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteRange } from '../../src/uploads/store.js';
import type { AcceptedEncodings, Encoding } from './accepted-encodings.js';
import { parseRange } from './byte-range.js';
import { allowsRange, matchesAny } from './etag-match.js';
import type { ReadyResponse } from './ready-response.js';
import { represent, representNow, type RepresentPorts } from './represent.js';
import { sendBody, type BodyAnswer } from './send-body.js';
import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';
import { writeHead, type Head } from './write-head.js';

export interface SendPorts extends RepresentPorts {
  readonly acceptedEncodings: AcceptedEncodings;
}

export interface FileAnswer {
  readonly site: Site;
  readonly route: FileRoute;
  readonly status: 200 | 404;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly extra: readonly string[];
}

const PLAIN: readonly Encoding[] = ['identity'];

/** Answers with a file. Without a promise when everything is in memory. */
export function sendFile(ports: SendPorts, answer: FileAnswer): Promise<void> | undefined {
  const { site, route, request, status } = answer;
  const { headers } = request;
  // Parts are parts of the plain bytes: a compressed form may be made differently some day.
  const inParts = headers.range !== undefined && status === 200 && request.method === 'GET';
  const encodings = inParts ? PLAIN : ports.acceptedEncodings(headers['accept-encoding']);
  const wanted = { site, route, encodings };
  const ready = representNow(ports, wanted);
  if (ready === undefined) return represent(ports, wanted).then((made) => sendReady(ports, answer, made));
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
  // The head of the whole file ends with its length.
  const part = ready.head.with(-1, String(end - start + 1));
  const head = [...part, 'content-range', `bytes ${start}-${end}/${ready.length}`];
  return sendBody(ports, bodyAnswer(answer, { ready, status: 206, head, range }));
}

function sendEmpty({ response, extra }: FileAnswer, { status, head }: Head): undefined {
  writeHead(response, { status, head, extra });
  response.end();
}

/** Written out: on the path of every request a spread object costs more than the look-up of the file. */
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
