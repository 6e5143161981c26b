import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation, Page, Redirect } from '../../src/contract/operation.js';
import { errorCode } from '../../src/shared/errors.js';
import type { Log, Tools } from '../../src/shared/tools.js';
import { type Answer, prepareAnswer } from '../http/respond.js';
import { rateHeaders } from '../http/shared-rate.js';
import { type Coding, codingFor, compress, isCompressible } from '../http/compress.js';
import { etagOf, etagOfCoding, isUnchanged } from './etag.js';
import type { DirectAnswer } from './handler.js';

/** A handler's result as an answer: it holds its status only where several are declared. */
export function toAnswer({ answers }: Operation, result: unknown): Answer {
  const [only, ...others] = Object.keys(answers).map(Number);
  const { status, body } =
    only === undefined || others.length > 0
      ? (result as { status: number; body: unknown })
      : { status: only, body: result };
  const kind = answers[status];
  if (kind === 'redirect') {
    const { location, cookies = [] } = body as Redirect;
    return { status, body: '', headers: { location }, cookies };
  }
  if (kind !== 'page') return { status, body };
  const { cookies = [], ...page } = body as Page;
  return { ...pageAnswer(status, page), cookies };
}

export function pageAnswer(status: number, { html, policy }: Page): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  return { status, body: html, headers };
}

/** Sends an answer with what all answers say: security headers, the caller's limit, the ETag of a read. */
export async function send(reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const { request } = reply;
  const { status, head, text } = prepareAnswer(answer);
  for (let index = 0; index < head.length; index += 2) reply.header(head[index] ?? '', head[index + 1]);
  for (const cookie of answer.cookies ?? []) reply.header('set-cookie', cookie);
  if (request.rate) reply.headers(rateHeaders(request.rate));
  reply.code(status);
  const coding = codingOf(reply, text);
  if (status === 200 && (request.method === 'GET' || request.method === 'HEAD')) {
    const etag = etagOf(text);
    reply.header('etag', coding ? etagOfCoding(etag, coding) : etag);
    if (isUnchanged(request.headers['if-none-match'], etag))
      return reply.code(304).removeHeader('content-length').removeHeader('content-type').send();
  }
  if (!coding) return reply.send(text);
  const bytes = await compress(text, coding);
  return reply.header('content-encoding', coding).header('content-length', bytes.length).send(bytes);
}

/** How the body is compressed. Caches are told that this depends on the request, also where it is not. */
function codingOf(reply: FastifyReply, text: string): Coding | undefined {
  if (!isCompressible(String(reply.getHeader('content-type')), Buffer.byteLength(text))) return undefined;
  reply.header('vary', 'accept-encoding');
  return codingFor(reply.request.headers['accept-encoding']);
}

interface Direct {
  readonly answer: DirectAnswer;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** An answer that its handler writes: Fastify has no more to do with it. */
export function writeDirect({ log }: Pick<Tools, 'log'>, { answer, request, reply }: Direct): FastifyReply {
  const written = answer.write(reply.raw, { 'x-request-id': request.id });
  reply.hijack();
  Promise.resolve(written).catch((error: unknown) => reportCut(log, { request, error }));
  return reply;
}

/** An answer of which the client has a part already. A client that left is no fault. */
function reportCut(log: Log, { request, error }: { request: FastifyRequest; error: unknown }): void {
  const { id: requestId, method, url } = request;
  if (errorCode(error) === 'ERR_STREAM_PREMATURE_CLOSE') return;
  log('error', 'an answer was cut off', { requestId, method, path: url.split('?', 1)[0], error });
}
