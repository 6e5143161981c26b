import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_STATUS, isVitrineError, VitrineError } from '../../src/shared/errors.js';

/** What every answer of the App carries; previews set their own, looser ones. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https://avatars.githubusercontent.com; " +
    "connect-src 'self'; form-action 'self' https://github.com; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Browsers obey it over https only, so it is harmless on a desk.
  'strict-transport-security': 'max-age=31536000',
  'cache-control': 'no-store',
};

export interface Answer {
  readonly status: number;
  /** JSON, unless it is a string, which goes out as it is. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer as it goes out: its headers are names and values in turn, which the socket takes as they are. */
interface PreparedAnswer {
  readonly status: number;
  readonly head: readonly string[];
  readonly text: string;
}

export function respond(response: ServerResponse, answer: Answer): void {
  sendPrepared(response, prepareAnswer(answer));
}

/** For an answer that is given again and again: written down once. */
export function prepareAnswer({ status, body, headers = {} }: Answer): PreparedAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    ...SECURITY_HEADERS,
    'content-type':
      typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  };
  return { status, head: Object.entries(all).flat(), text };
}

export function sendPrepared(response: ServerResponse, { status, head, text }: PreparedAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, head as string[]);
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

const LINGER_MS = 1_000;

/** Who is refused in the middle of a body can read why, if they stop soon: a closed socket would lose the answer. */
export function discardBody(request: IncomingMessage): void {
  request.on('error', () => undefined).resume();
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS).unref();
}

const RETRY_AFTER: Readonly<Partial<Record<number, string>>> = { 429: '60', 503: '5' };

/** The one place where an error becomes an answer. Only messages that were written for people leave the house. */
export function errorAnswer(error: unknown, requestId: string): Answer {
  const { code, message } = toPublicError(error);
  const status = ERROR_STATUS[code];
  const retryAfter = RETRY_AFTER[status];
  return {
    status,
    body: { error: { code, message, requestId } },
    headers: { 'x-request-id': requestId, ...(retryAfter && { 'retry-after': retryAfter }) },
  };
}

/** Ours to repair, so it goes to the log; the rest are the caller's. */
export function isOurFault(error: unknown): boolean {
  return ERROR_STATUS[toPublicError(error).code] >= 500;
}

function toPublicError(error: unknown): VitrineError {
  if (isVitrineError(error)) return error;
  return new VitrineError(
    'internal',
    'Something went wrong here. The log of the server has more under this request id.',
  );
}
